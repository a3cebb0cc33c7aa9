/** The connector socket: publishes under credit until it is durable, carries out replies, comes back by itself. */
import { Link, type SocketOptions } from "./link.js";
import { QueueFull, SocketClosed } from "./faults.js";
import { Deliveries, type DeliveryAnswer } from "./deliveries.js";
import type {
  Ack,
  ChannelChanged,
  ConnectorFrame,
  ConnectorWelcome,
  Delivery,
  DeliveryStatus,
  Drain,
  InboundMessage,
  PublishResult,
} from "./frames.js";

export type { DeliveryAnswer } from "./deliveries.js";

export interface ConnectorOptions extends SocketOptions {
  /** `name/version`, for the operator's eyes. */
  connector: string;
  /** Carries out an agent's reply. Called once a message, though the router may send it again; what it throws becomes `failed`. */
  deliver?: (message: Delivery) => DeliveryAnswer | Promise<DeliveryAnswer>;
  /** Each time the connection is good. */
  welcomed?: (welcome: ConnectorWelcome) => void;
  channelChanged?: (channel: ChannelChanged) => void;
  draining?: (drain: Drain) => void;
  /** Messages waiting or unacknowledged; `publish` refuses more with `QueueFull`. 10,000 when absent. */
  queueMax?: number;
  /** Longest wait for an acknowledgement before the connection is given up for another. One minute when absent. */
  ackWithinMs?: number;
}

interface Batch {
  left: number;
  results: PublishResult[];
  done: (results: PublishResult[]) => void;
  failed: (why: Error) => void;
}
interface Queued {
  message: InboundMessage;
  bytes: number;
  place: number;
  batch: Batch;
  /** Durable with this message, everything before it is. */
  offset?: string;
  tries: number;
}
interface Sent {
  seq: number;
  messages: Queued[];
}

const FRAME_BYTES_SOFT = 256 * 1024;
const FRAME_BYTES_AROUND = 8 * 1024;
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
const encoder = new TextEncoder();

export class ConnectorSocket {
  private readonly link: Link<ConnectorWelcome>;
  private readonly deliveries: Deliveries;
  private queue: Queued[] = [];
  private sent: Sent[] = [];
  private held = new Map<Queued, ReturnType<typeof setTimeout>>();
  private notDurable = 0;
  private seq = 0;
  private credit = 0;
  private maxBatch = 1;
  private maxFrame = FRAME_BYTES_SOFT;
  private giving = false;
  private draining = false;
  private flushDue = false;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private watched: Sent | undefined;
  private failure: Error | undefined;
  private firstWelcome: { done: (welcome: ConnectorWelcome) => void; failed: (why: Error) => void } | undefined;
  private waiters: { until: number; done: () => void; failed: (why: Error) => void }[] = [];

  constructor(private readonly options: ConnectorOptions) {
    this.link = new Link<ConnectorWelcome>(options, {
      path: "/v1/connect",
      protocol: "signalbox.connect.v1",
      hello: () => ({ op: "hello", token: options.token, connector: options.connector }),
      up: (welcome) => this.welcomed(welcome),
      frame: (frame) => this.take(frame as ConnectorFrame),
      down: () => this.down(),
      ended: (why) => this.ended(why),
    });
    this.deliveries = new Deliveries(options.deliver, (statuses) => this.link.send({ op: "status", statuses }));
  }

  /** Connects. The first welcome has the offsets to resume from; rejects with `SocketRefused` when the token isn't taken. */
  start(): Promise<ConnectorWelcome> {
    return new Promise((done, failed) => {
      this.firstWelcome = { done, failed };
      this.link.open();
    });
  }

  get connected(): boolean {
    return this.link.up;
  }

  /** Messages that are not durable yet. */
  get pending(): number {
    return this.notDurable;
  }

  /**
   * Resolves when all of `messages` are durable (or refused: see each result), through however many connections that takes.
   * `offset` is kept with the last of them, for its channel: the next `start` says how far everything is durable.
   */
  publish(messages: InboundMessage[], offset?: string): Promise<PublishResult[]> {
    if (this.failure) return Promise.reject(this.failure);
    if (messages.length === 0) return Promise.resolve([]);
    if (this.pending + messages.length > this.queueMax)
      return Promise.reject(new QueueFull(`${this.pending} messages are not durable yet; await room()`));
    if (offset !== undefined) this.giving = true;
    return new Promise((done, failed) => {
      const batch: Batch = { left: messages.length, results: [], done, failed };
      this.notDurable += messages.length;
      messages.forEach((message, place) => {
        const queued: Queued = { message, bytes: encoder.encode(JSON.stringify(message)).length, place, batch, tries: 0 };
        if (offset !== undefined && place === messages.length - 1) queued.offset = offset;
        this.queue.push(queued);
      });
      this.flushSoon();
    });
  }

  /** Resolves when at least half of the queue is free. */
  room(): Promise<void> {
    return this.until(Math.floor(this.queueMax / 2));
  }

  /** Resolves when everything that was published is durable. */
  flushed(): Promise<void> {
    return this.until(0);
  }

  /** A later word on a delivery that was answered already: `delivered`, `read`. Lost with the connection, if that is lost. */
  report(id: string, status: DeliveryStatus, error?: string): void {
    this.deliveries.report(error === undefined ? { id, status } : { id, status, error });
  }

  /** At once; what isn't durable is rejected with `SocketClosed`. `await flushed()` first to lose nothing. */
  close(): void {
    this.link.end(new SocketClosed());
  }

  private get queueMax(): number {
    return this.options.queueMax ?? 10_000;
  }

  private until(most: number): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.pending <= most) return Promise.resolve();
    return new Promise((done, failed) => this.waiters.push({ until: most, done, failed }));
  }

  private welcomed(welcome: ConnectorWelcome): void {
    this.credit = welcome.credit;
    this.maxBatch = welcome.max_batch;
    this.maxFrame = welcome.max_frame;
    this.seq = 0;
    this.draining = false;
    this.firstWelcome?.done(welcome);
    this.firstWelcome = undefined;
    this.options.welcomed?.(welcome);
    this.deliveries.up();
    this.flush();
  }

  private down(): void {
    this.deliveries.down();
    clearTimeout(this.watch);
    this.watched = undefined;
    // Before anything newer, so that each thread keeps its order.
    this.queue.unshift(...this.sent.flatMap((frame) => frame.messages));
    this.sent = [];
  }

  private ended(why: Error): void {
    this.failure = why;
    this.firstWelcome?.failed(why);
    this.firstWelcome = undefined;
    const batches = new Set([...this.queue, ...this.held.keys()].map((queued) => queued.batch));
    for (const timer of this.held.values()) clearTimeout(timer);
    this.held.clear();
    this.queue = [];
    this.notDurable = 0;
    for (const batch of batches) batch.failed(why);
    for (const waiter of this.waiters.splice(0)) waiter.failed(why);
  }

  private take(frame: ConnectorFrame): void {
    switch (frame.op) {
      case "ack":
        return this.acknowledged(frame);
      case "deliver":
        return this.deliveries.take(frame.messages);
      case "channel":
        return this.options.channelChanged?.(frame);
      case "drain":
        // What was published is still acknowledged; the rest waits for the next connection.
        this.draining = true;
        this.watchOver(frame.after_ms + 5_000, "drained and not closed");
        return this.options.draining?.(frame);
      case "welcome":
        return;
    }
  }

  private acknowledged(ack: Ack): void {
    this.credit += ack.credit;
    const named = new Map<string, PublishResult[]>();
    for (const result of ack.results) named.set(result.id, [...(named.get(result.id) ?? []), result]);
    while (this.sent[0] && this.sent[0].seq <= ack.seq)
      for (const queued of this.sent.shift()?.messages ?? [])
        this.answered(queued, named.get(queued.message.id)?.shift() ?? { id: queued.message.id, status: "accepted" });
    this.waiters = this.waiters.filter((waiter) => this.pending > waiter.until || waiter.done());
    this.flushSoon();
  }

  private answered(queued: Queued, result: PublishResult): void {
    if (result.status === "rejected" && result.code === "unavailable") return this.hold(queued);
    --this.notDurable;
    queued.batch.results[queued.place] = result;
    if (--queued.batch.left === 0) queued.batch.done(queued.batch.results);
  }

  /** The router couldn't take it just now: the same again, a little later. */
  private hold(queued: Queued): void {
    const again = () => {
      this.held.delete(queued);
      this.queue.unshift(queued);
      this.flush();
    };
    this.held.set(queued, setTimeout(again, Math.min(15_000, 250 * 2 ** queued.tries++)));
  }

  /** Once for all that is published in one turn, so that it travels together. */
  private flushSoon(): void {
    if (this.flushDue) return;
    this.flushDue = true;
    queueMicrotask(() => {
      this.flushDue = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.link.up && !this.draining && this.credit > 0 && this.queue.length > 0) {
      if (this.link.unsentBytes > UNSENT_BYTES_MAX) return void setTimeout(() => this.flush(), 20);
      this.sendFrame();
    }
    this.watchAcks();
  }

  private sendFrame(): void {
    const messages: Queued[] = [];
    const most = Math.min(this.maxBatch, this.credit);
    let bytes = 0;
    for (let next = this.queue[0]; next && messages.length < most; next = this.queue[0]) {
      if (next.bytes + FRAME_BYTES_AROUND > this.maxFrame) {
        this.queue.shift();
        this.answered(next, { id: next.message.id, status: "rejected", code: "too_large", detail: "no frame has room for it" });
        continue;
      }
      if (messages[0] && (bytes + next.bytes > FRAME_BYTES_SOFT || this.apart(messages[0], next))) break;
      messages.push(next);
      bytes += next.bytes;
      this.queue.shift();
    }
    if (messages.length === 0) return;
    const offset = messages.map((queued) => queued.offset).filter((given) => given !== undefined).at(-1);
    const frame = { op: "publish", seq: ++this.seq, ...(offset === undefined ? {} : { offset }) };
    this.link.send({ ...frame, messages: messages.map((queued) => queued.message) });
    this.credit -= messages.length;
    this.sent.push({ seq: this.seq, messages });
  }

  /** A frame's offset counts for all of its channels, so each channel's goes in frames of its own. */
  private apart(one: Queued, other: Queued): boolean {
    return this.giving && one.message.channel !== other.message.channel;
  }

  private watchAcks(): void {
    const oldest = this.sent[0];
    if (this.draining || oldest === this.watched) return;
    this.watched = oldest;
    clearTimeout(this.watch);
    if (oldest) this.watchOver(this.options.ackWithinMs ?? 60_000, "no acknowledgement in time");
  }

  private watchOver(ms: number, reason: string): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.link.restart(reason), ms);
  }
}
