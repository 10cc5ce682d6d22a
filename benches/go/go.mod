module goish-go

go 1.26
