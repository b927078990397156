module preflight/fmt

go 1.21
