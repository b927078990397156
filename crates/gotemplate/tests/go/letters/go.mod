module letters

go 1.26
