/**
 * The steps of the protocol (docs/DECISIONS/0011-redis.md), as Lua scripts, each of which Redis runs as a whole. All
 * work on one hash, `KEYS[1]`, and read the time from Redis, so that no host's clock matters. Its fields:
 *
 * - `e`: the epoch, a random text, made by the host that finds none; `until`: the time before which reads are incomplete;
 * - `s:<inc>`, `l:<inc>`, `i:<inc>`, `h:<inc>:<family>`: a host incarnation's sequence number, the end of its lease,
 *   the host's name and its families;
 * - `r`, `v`: what folded incarnations had counted, and the version of that;
 * - `t:<inc>`, `d:<inc>`: a tombstone, which is the snapshot that was folded, and the time of the fold; `horizon`: the
 *   latest time of a tombstone that was trimmed.
 *
 * Times are milliseconds since 1970.
 */

import { createHash } from 'crypto';

/** A script and the name by which Redis remembers it. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** What all scripts begin with. */
const PROLOGUE = `
local k = KEYS[1]
local function get(field) return redis.call('HGET', k, field) end
local function set(field, value) redis.call('HSET', k, field, value) end
local function text(number) return string.format('%.0f', number) end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local e = get('e') or ''
local function delay(ms)
  if now + ms > tonumber(get('until') or 0) then set('until', text(now + ms)) end
end
local function forget(inc)
  local prefix = 'h:' .. inc .. ':'
  for _, field in ipairs(redis.call('HKEYS', k)) do
    if string.sub(field, 1, #prefix) == prefix then redis.call('HDEL', k, field) end
  end
end
local function drop(inc)
  forget(inc)
  redis.call('HDEL', k, 's:' .. inc, 'l:' .. inc, 'i:' .. inc)
end
local function bury(inc, time, tomb)
  set('t:' .. inc, tomb)
  set('d:' .. inc, time)
  drop(inc)
end
local function tombs()
  local list = {}
  for _, field in ipairs(redis.call('HKEYS', k)) do
    if string.sub(field, 1, 2) == 'd:' then
      list[#list + 1] = { inc = string.sub(field, 3), time = tonumber(get(field)) }
    end
  end
  table.sort(list, function(a, b) return a.time > b.time end)
  return list
end
local function trim(age, most)
  local horizon = tonumber(get('horizon') or 0)
  for i, tomb in ipairs(tombs()) do
    if i > most or tomb.time < now - age then
      redis.call('HDEL', k, 't:' .. tomb.inc, 'd:' .. tomb.inc)
      if tomb.time > horizon then horizon = tomb.time end
    end
  end
  set('horizon', text(horizon))
end
`;

function script(body: string): Script {
  const text = PROLOGUE + body;
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Makes the epoch, if there is none. `epoch, ms until reads are complete`. Returns the epoch. */
export const INIT = script(`
if e ~= '' then return e end
set('e', ARGV[1])
delay(tonumber(ARGV[2]))
return ARGV[1]
`);

/**
 * Stores an incarnation's families, and extends its lease.
 *
 * `epoch, inc, first, seq, acked, time of that, lease, instance, full, look, number of families, name, bytes, …, removed
 * name, …`. With `full`, the families of this call are all that the incarnation has; with `look`, the reply has the incarnations
 * whose leases are past.
 */
export const FLUSH = script(`
local inc, seq, acked, lease = ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[7])
if e ~= ARGV[1] then return { 'EPOCH', e } end
local tomb = get('t:' .. inc)
if tomb then return { 'DEAD', tomb } end
local s = get('s:' .. inc)
-- A tombstone that was trimmed is not older than the last flush; else this is an earlier state, without the incarnation.
local trimmed = tonumber(get('horizon') or 0) >= tonumber(ARGV[6])
if not s and ARGV[3] ~= '1' and trimmed then return { 'GONE' } end
s = tonumber(s or 0)
if s < acked then
  delay(lease)
  return { 'BEHIND', s }
end
if seq <= s then return { 'OLD', s } end
if ARGV[9] == '1' then forget(inc) end
local last = 11 + 2 * tonumber(ARGV[11])
for i = 12, last, 2 do set('h:' .. inc .. ':' .. ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV do redis.call('HDEL', k, 'h:' .. inc .. ':' .. ARGV[i]) end
set('s:' .. inc, text(seq))
set('l:' .. inc, text(now + lease))
set('i:' .. inc, ARGV[8])
local past = {}
if ARGV[10] == '1' then
  for _, field in ipairs(redis.call('HKEYS', k)) do
    if string.sub(field, 1, 2) == 'l:' and tonumber(get(field)) <= now then
      past[#past + 1] = string.sub(field, 3)
    end
  end
end
return { 'OK', get('v') or '', text(now), past }
`);

/**
 * Reads all that scrapes and folds need, at one moment. `own inc, only, known version, inc, known seq, …`: with `only`,
 * that incarnation alone is read; what the caller has already is left out. Returns `epoch, until, now, v, whether the
 * caller's incarnation has a tombstone, r, { inc, s, l, i, { name, bytes, … } } …`, in which `r` or the families are 0
 * if they are known.
 */
export const READ = script(`
local known, only = {}, ARGV[2]
for i = 4, #ARGV, 2 do known[ARGV[i]] = ARGV[i + 1] end
local v = get('v') or ''
local r = v == ARGV[3] and 0 or get('r') or ''
local incs, names = {}, {}
for _, field in ipairs(redis.call('HKEYS', k)) do
  local kind = string.sub(field, 1, 2)
  if kind == 's:' then
    local inc = string.sub(field, 3)
    if only == '' or only == inc then incs[#incs + 1] = inc end
  elseif kind == 'h:' then
    local inc, name = string.match(field, '^h:([^:]*):(.*)$')
    names[inc] = names[inc] or {}
    table.insert(names[inc], name)
  end
end
local dead = redis.call('HEXISTS', k, 'd:' .. ARGV[1])
local reply = { e, get('until') or '0', text(now), v, dead, r }
for _, inc in ipairs(incs) do
  local s = get('s:' .. inc)
  local families = 0
  if known[inc] ~= s then
    families = {}
    local all = names[inc] or {}
    for from = 1, #all, 1000 do
      local fields = {}
      for i = from, math.min(from + 999, #all) do fields[#fields + 1] = 'h:' .. inc .. ':' .. all[i] end
      for i, bytes in ipairs(redis.call('HMGET', k, unpack(fields))) do
        families[#families + 1] = all[from + i - 1]
        families[#families + 1] = bytes
      end
    end
  end
  reply[#reply + 1] = { inc, s, get('l:' .. inc), get('i:' .. inc) or '', families }
end
return reply
`);

/**
 * Swaps what dead incarnations had counted, and puts a tombstone in place of an incarnation whose lease is past, if
 * nothing has changed since it was read. `epoch, inc, seq, lease, v, new v, r, tombstone, age, most`.
 */
export const FOLD = script(`
local inc = ARGV[2]
if e ~= ARGV[1] then return 'EPOCH' end
if (get('v') or '') ~= ARGV[5] or get('s:' .. inc) ~= ARGV[3] then return 'CHANGED' end
if get('l:' .. inc) ~= ARGV[4] or tonumber(ARGV[4]) > now then return 'CHANGED' end
set('r', ARGV[7])
set('v', ARGV[6])
bury(inc, text(now), ARGV[8])
trim(tonumber(ARGV[9]), tonumber(ARGV[10]))
return 'OK'
`);

/** Swaps what dead incarnations had counted. `epoch, v, new v, r`. */
export const SWAP = script(`
if e ~= ARGV[1] then return 'EPOCH' end
if (get('v') or '') ~= ARGV[2] then return 'CHANGED' end
set('r', ARGV[4])
set('v', ARGV[3])
return 'OK'
`);

/** Returns `epoch, v, r, horizon, { inc, time, … }`: what hosts keep a copy of, without the tombstones' snapshots. */
export const COPY = script(`
local list = {}
for _, tomb in ipairs(tombs()) do
  list[#list + 1] = tomb.inc
  list[#list + 1] = text(tomb.time)
end
return { e, get('v') or '', get('r') or '', get('horizon') or '0', list }
`);

/**
 * Restores what Redis has lost. `epoch, v, new v, r, horizon, lease, age, most, inc, time, tombstone, …`. An incarnation
 * that gets a tombstone and has families here loses these until its host has flushed again; reads are incomplete for
 * one lease then.
 */
export const RESTORE = script(`
if e ~= ARGV[1] then return 'EPOCH' end
if (get('v') or '') ~= ARGV[2] then return 'CHANGED' end
set('r', ARGV[4])
set('v', ARGV[3])
if tonumber(ARGV[5]) > tonumber(get('horizon') or 0) then set('horizon', ARGV[5]) end
for i = 9, #ARGV, 3 do
  if get('s:' .. ARGV[i]) then delay(tonumber(ARGV[6])) end
  bury(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
trim(tonumber(ARGV[7]), tonumber(ARGV[8]))
return 'OK'
`);

/** Ends an incarnation's lease now, if it has sent nothing since. `epoch, inc, seq`. */
export const RELEASE = script(`
if e ~= ARGV[1] or get('s:' .. ARGV[2]) ~= ARGV[3] then return 'CHANGED' end
set('l:' .. ARGV[2], text(now))
return 'OK'
`);

/** Makes reads incomplete for a while, because Redis has gone back to an earlier state. `epoch, ms`. */
export const DOUBT = script(`
if e == ARGV[1] then delay(tonumber(ARGV[2])) end
return 'OK'
`);
