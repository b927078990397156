module preflight/oracle/language

go 1.25
