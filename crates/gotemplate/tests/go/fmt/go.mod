module preflight/fmt

go 1.22
