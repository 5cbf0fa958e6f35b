-- In an empty current folder.
local check = require "check"
local writers = require "moondrift.sweep.writers"

local rows = {{n = 1, kl = 0.5, text = 'a "b", c', list = {1, 2}}, {n = 2, error = "no luck", text = "d"}}
local columns = {"n", "kl", "text", "list", "failed"}
writers.csv(rows, columns, "rows.csv")
check.equal(file.read_text("rows.csv"), 'n,kl,text,list,failed\n1,0.5,"a ""b"", c","[1, 2]",0\n2,,d,,1\n')
check.equal(writers.npz(rows, columns, "rows.npz"), {"text", "list"})
local loaded = file.load("rows.npz")
check.equal(loaded.n:table(), {1, 2})
check.equal(loaded.failed:table(), {0, 1})
assert(loaded.kl[1]:item() == 0.5 and loaded.kl[2]:item() ~= loaded.kl[2]:item())
writers.json(rows, columns, "rows.json")
check.equal(file.load("rows.json")[2].error, "no luck")
