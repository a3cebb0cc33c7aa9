import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/index.js";
import { socketUrl } from "../src/link.js";

test("pauses double up to their bound, and begin anew", () => {
  const longest = new Backoff({ firstMs: 100, mostMs: 1000, random: () => 1 });
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => longest.next()), [100, 200, 400, 800, 1000, 1000]);
  longest.reset();
  assert.equal(longest.next(), 100);
});

test("a pause is somewhere between its half and its whole", () => {
  const shortest = new Backoff({ firstMs: 100, mostMs: 1000, random: () => 0 });
  assert.deepEqual([1, 2, 3].map(() => shortest.next()), [50, 100, 200]);
  const many = new Backoff({ firstMs: 100, mostMs: 100 });
  const pauses = new Set(Array.from({ length: 50 }, () => many.next()));
  assert.ok(pauses.size > 10 && [...pauses].every((pause) => pause >= 50 && pause <= 100));
});

test("after a thousand tries a pause is still a number", () => {
  const backoff = new Backoff({ firstMs: 1, mostMs: 60_000, random: () => 1 });
  for (let tries = 0; tries < 1000; ++tries) backoff.next();
  assert.equal(backoff.next(), 60_000);
});

test("a server's URL becomes that of its socket", () => {
  assert.equal(socketUrl("http://127.0.0.1:8080", "/v1/agent"), "ws://127.0.0.1:8080/v1/agent");
  assert.equal(socketUrl("https://inbox.example/", "/v1/agent"), "wss://inbox.example/v1/agent");
  assert.equal(socketUrl("wss://inbox.example/below", "/v1/connect"), "wss://inbox.example/below/v1/connect");
});
