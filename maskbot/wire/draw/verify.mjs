// Checks the proof of a maskbot draw again, in another language and with nothing but SHA-256.
//   node verify.mjs proof.json        prints the winners; exit status 1 when the proof does not hold
//   node verify.mjs --lines < proofs  one proof a line; prints "ok" or the reason for each
// Whether a drand signature is genuine is not checked here: any drand client can do that for chain, round and signature.
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const hex = (text) => Buffer.from(text, "hex");
const TEXTS = ["rules", "rules_hash", "root", "beacon", "value", "randomness", "server_seed", "seed"];
const LINE = /^([0-9a-f]{64}) ([0-9a-f]{40}) ([1-9][0-9]{0,9})$/;
const isTexts = (value) => Array.isArray(value) && value.every((each) => typeof each === "string");
const BEACON = /^(?:drand [0-9a-f]{64} [1-9][0-9]{0,14}|block [1-9][0-9]{0,14} [1-9][0-9]{0,14})$/;

const need = (holds, reason) => {
  if (!holds) throw new Error(reason);
};
function merkleRoot(lines) {
  let row = lines.map((line) => sha256(Buffer.of(0), line));
  if (row.length === 0) return sha256("");
  while (row.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < row.length; at += 2) above.push(sha256(Buffer.of(1), row[at], row[at + 1]));
    if (row.length % 2 === 1) above.push(row[row.length - 1]);
    row = above;
  }
  return row[0];
}

function log2(number) { // in units of 2^-48, by repeated squaring of a 64-bit mantissa
  const bits = BigInt(number.toString(2).length);
  let mantissa = bits > 64n ? number >> (bits - 64n) : number << (64n - bits);
  let digits = 0n;
  for (let count = 0; count < 48; count += 1) {
    mantissa = (mantissa * mantissa) >> 63n;
    digits <<= 1n;
    if (mantissa >> 64n) [digits, mantissa] = [digits | 1n, mantissa >> 1n];
  }
  return ((bits - 1n) << 48n) | digits;
}

function select(lines, seed, places) {
  const weights = lines.map((line) => BigInt(LINE.exec(line)[3]));
  const isWeighted = new Set(weights).size > 1;
  const ranked = lines.map((line, at) => {
    const ticket = BigInt("0x" + createHmac("sha256", seed).update(line).digest("hex"));
    const key = isWeighted ? (((256n << 48n) - log2(2n ** 256n - ticket)) << 64n) / weights[at] : 0n;
    return { key, ticket, id: line.slice(0, 64) };
  });
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  ranked.sort((a, b) => order(a.key, b.key) || order(a.ticket, b.ticket) || order(a.id, b.id));
  return ranked.slice(0, places).map((one) => one.id);
}

export function verify(text) {
  const proof = JSON.parse(text);
  need(proof !== null && proof.format === "maskbot-draw-1" && Object.keys(proof).length === 11, "format");
  need(TEXTS.every((name) => typeof proof[name] === "string"), "members");
  need(isTexts(proof.entrants) && isTexts(proof.winners), "members");
  need(TEXTS.every((name) => ["rules", "beacon"].includes(name) || /^(?:[0-9a-f]{2}){0,64}$/.test(proof[name])), "members");
  need(/^[\x00-\x7f]{0,65536}$/.test(proof.rules), "rules");
  const rules = JSON.parse(proof.rules);
  need(isTexts(rules.prizes) && typeof rules.commit === "string" && BEACON.test(rules.beacon), "rules");
  need(sha256(proof.rules).toString("hex") === proof.rules_hash, "rules_hash");
  const found = proof.entrants.map((line) => LINE.exec(line));
  need(found.length <= 1000000 && found.every((each) => each !== null && Number(each[3]) < 2 ** 32), "entrants");
  need(found.every((each, at) => at === 0 || found[at - 1][1] < each[1]), "entrants: order, or one of them twice");
  need(new Set(found.map((each) => each[2])).size === found.length, "entrants: an address twice");
  need(proof.beacon === rules.beacon && hex(proof.value).length === (proof.beacon[0] === "d" ? 48 : 32), "beacon");
  const randomness = proof.beacon[0] === "d" ? sha256(hex(proof.value)) : hex(proof.value);
  need(randomness.toString("hex") === proof.randomness, "randomness");
  const serverSeed = hex(proof.server_seed);
  need([0, 32].includes(serverSeed.length), "server_seed");
  need((serverSeed.length ? sha256(serverSeed).toString("hex") : "") === rules.commit, "server_seed");
  const root = merkleRoot(proof.entrants);
  need(root.toString("hex") === proof.root, "root");
  const seed = sha256("maskbot-draw-1", hex(proof.rules_hash), root, randomness, serverSeed);
  need(seed.toString("hex") === proof.seed, "seed");
  need(select(proof.entrants, seed, rules.prizes.length).join() === proof.winners.join(), "winners");
  return proof;
}

function verdict(text) {
  try {
    return { winners: verify(text).winners };
  } catch (error) {
    return { reason: `does not hold: ${error.message.split("\n")[0]}` };
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const isMany = process.argv[2] === "--lines";
  const input = readFileSync(isMany ? 0 : process.argv[2], "utf8");
  for (const { winners, reason } of (isMany ? input.split("\n").filter(Boolean) : [input]).map(verdict)) {
    if (reason && !isMany) process.exitCode = 1;
    console.log(reason ?? (isMany ? "ok" : winners.join("\n")));
  }
}
