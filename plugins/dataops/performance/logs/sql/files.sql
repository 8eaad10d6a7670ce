SELECT name, size, modification
FROM pg_catalog.pg_ls_logdir()
ORDER BY modification, name
