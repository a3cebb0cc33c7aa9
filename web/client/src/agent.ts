/** The agent socket: every event once and in order, commands with an answer, resumed by itself. */
import { Link, type SocketOptions } from "./link.js";
import { ProblemError, QueueFull, SocketClosed } from "./faults.js";
import { Watch, type ViewNow, type WatchedView } from "./watch.js";
import type { AgentEvent, AgentFrame, AgentWelcome, AvailabilityNow, CommandResult, Conversation, TypingEvent } from "./frames.js";

export interface AgentOptions extends SocketOptions {
  /** The cursor of the last event that was handled, to go on after it. */
  cursor?: string;
  /**
   * Called for one event after the other, each waited for, and acknowledged afterwards: so an automatic assignment counts once
   * this returned. What it throws ends the socket, with nothing of that event acknowledged.
   */
  handle: (event: AgentEvent) => void | Promise<void>;
  typing?: (event: TypingEvent) => void;
  /** Each time the connection is good. With `resumed` false start again from `open`: events between may be missing. */
  welcomed?: (welcome: AgentWelcome) => void;
  /** An event was missing; the socket connects again and resumes after the last one that was handled. */
  gap?: (expected: string | null, got: AgentEvent) => void;
}

export interface AgentCommand {
  reply: { conversation: string; text?: string; html?: string; attachments?: object[] };
  comment: { conversation: string; text?: string; html?: string; attachments?: object[]; mentions?: string[] };
  assign: { conversation: string; user: string } | { conversation: string; team: string };
  unassign: { conversation: string };
  close: { conversation: string };
  reopen: { conversation: string };
  availability: { status: "available" | "away" };
}
interface Answered {
  availability: AvailabilityNow;
  reply: { conversation: Conversation; message: string };
  comment: { conversation: Conversation; message: string };
}
type AnswerOf<Op> = Op extends keyof Answered ? Answered[Op] : { conversation: Conversation };

interface Asked {
  frame: { op: string; ref: string };
  done: (data: never) => void;
  failed: (why: Error) => void;
}

/** The server reads no further while so many are unanswered. */
const COMMANDS_MAX = 64;
const REMEMBERED_EVENTS_MAX = 1_000;
const ACK_EVERY_EVENTS = 100;

export class AgentSocket {
  private readonly link: Link<AgentWelcome>;
  private handled: string | null;
  private heard: string | null = null;
  private anyFirst = false;
  /** Those whose handling began. */
  private readonly begun = new Set<string>();
  private afresh = 0;
  private events: AgentEvent[] = [];
  private handling = false;
  private unacknowledged = 0;
  private readonly asked = new Map<string, Asked>();
  private readonly watches = new Map<string, Watch>();
  private readonly refBase = `c${Math.floor(Math.random() * 2 ** 48).toString(36)}-${Date.now().toString(36)}-`;
  private refs = 0;
  private failure: Error | undefined;
  private firstWelcome: { done: (welcome: AgentWelcome) => void; failed: (why: Error) => void } | undefined;
  private readonly finish: { done: (why: Error) => void };
  /** Resolves with the reason when the socket ended for good. */
  readonly ended: Promise<Error>;

  constructor(private readonly options: AgentOptions) {
    this.handled = options.cursor ?? null;
    let finish: (why: Error) => void = () => {};
    this.ended = new Promise((done) => (finish = done));
    this.finish = { done: finish };
    this.link = new Link<AgentWelcome>(options, {
      path: "/v1/agent",
      protocol: "signalbox.agent.v1",
      hello: () => ({ op: "hello", token: options.token, ...(this.handled === null ? {} : { cursor: this.handled }) }),
      up: (welcome) => this.welcomed(welcome),
      frame: (frame) => this.take(frame as AgentFrame),
      down: () => (this.events = []), // what wasn't handled comes again after the cursor
      ended: (why) => this.end(why),
    });
  }

  /** Connects; rejects with `SocketRefused` when the token isn't taken. */
  start(): Promise<AgentWelcome> {
    return new Promise((done, failed) => {
      this.firstWelcome = { done, failed };
      this.link.open();
    });
  }

  get connected(): boolean {
    return this.link.up;
  }

  /** Of the last event that was handled; keep it to resume in another process. */
  get cursor(): string | null {
    return this.handled;
  }

  /**
   * Resolves with the result's data; a refusal rejects with `ProblemError`. Asked again after a loss, under the same name, so
   * nothing is said twice.
   */
  command<Op extends keyof AgentCommand>(op: Op, fields: AgentCommand[Op]): Promise<AnswerOf<Op>> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.asked.size >= COMMANDS_MAX) return Promise.reject(new QueueFull(`${this.asked.size} commands have no answer yet`));
    return new Promise((done, failed) => {
      const frame = { ...fields, op, ref: this.refBase + ++this.refs };
      this.asked.set(frame.ref, { frame, done: done as (data: never) => void, failed });
      this.link.send(frame);
    });
  }

  /** Shows a view of an inbox: whole at first and after each loss, then as it moves, a few times a second at most. */
  watch(what: WatchedView, show: (now: ViewNow) => void): Watch {
    const name = this.refBase + ++this.refs;
    const watch = new Watch(name, what, show, () => {
      if (this.watches.delete(name) && this.link.up) this.link.send({ op: "unwatch", ref: this.refBase + ++this.refs, watch: name });
    });
    if (this.failure) {
      watch.end(this.failure);
      return watch;
    }
    this.watches.set(name, watch);
    if (this.link.up) this.link.send(watch.frame());
    return watch;
  }

  typing(conversation: string): void {
    this.link.send({ op: "typing", conversation });
  }

  close(): void {
    this.link.end(new SocketClosed());
  }

  private welcomed(welcome: AgentWelcome): void {
    if (!welcome.resumed) {
      this.handled = welcome.cursor;
      ++this.afresh;
    }
    this.heard = this.handled;
    this.anyFirst = !welcome.resumed;
    this.firstWelcome?.done(welcome);
    this.firstWelcome = undefined;
    this.options.welcomed?.(welcome);
    this.acknowledge(); // what is open, or what was handled while there was no connection
    for (const asked of this.asked.values()) this.link.send(asked.frame);
    for (const watch of this.watches.values()) this.link.send(watch.frame());
  }

  private end(why: Error): void {
    this.failure = why;
    this.events = [];
    this.firstWelcome?.failed(why);
    for (const asked of this.asked.values()) asked.failed(why);
    this.asked.clear();
    for (const watch of this.watches.values()) watch.end(why);
    this.watches.clear();
    this.finish.done(why);
  }

  private take(frame: AgentFrame): void {
    if (frame.op === "result") return this.answered(frame);
    if (frame.op === "view") return this.watches.get(frame.watch)?.take(frame);
    if (frame.op === "unwatched") return this.endWatch(frame.watch, frame.problem);
    if (frame.op !== "events") return;
    for (const event of frame.events) {
      if (event.type === "typing") this.options.typing?.(event);
      else if (!this.hear(event)) return;
    }
    void this.handleAll();
  }

  private endWatch(name: string, problem: ProblemError["problem"]): void {
    this.watches.get(name)?.refused(problem);
    this.watches.delete(name);
  }

  private answered(result: CommandResult): void {
    if (!result.ok) this.endWatch(result.ref, result.problem);
    const asked = this.asked.get(result.ref);
    if (!asked) return;
    this.asked.delete(result.ref);
    if (result.ok) asked.done(result.data as never);
    else asked.failed(new ProblemError(result.problem));
  }

  /** False: an event is missing before this one, and the connection was given up for it. */
  private hear(event: AgentEvent): boolean {
    if (event.cursor === this.heard || this.begun.has(event.cursor)) {
      this.heard = event.cursor; // was under way when the connection was lost
      return true;
    }
    if (event.prev !== this.heard && !(event.prev === null && this.anyFirst)) {
      this.options.gap?.(this.heard, event);
      this.link.restart("an event is missing");
      return false;
    }
    this.anyFirst = false;
    this.heard = event.cursor;
    this.events.push(event);
    return true;
  }

  private async handleAll(): Promise<void> {
    if (this.handling) return;
    this.handling = true;
    try {
      for (let event = this.events.shift(); event && !this.failure; event = this.events.shift()) await this.handle(event);
      if (this.unacknowledged > 0) this.acknowledge();
    } catch (why) {
      this.link.end(why instanceof Error ? why : new Error(String(why)));
    } finally {
      this.handling = false;
    }
  }

  private async handle(event: AgentEvent): Promise<void> {
    const before = this.afresh;
    this.begun.add(event.cursor);
    if (this.begun.size > REMEMBERED_EVENTS_MAX) this.begun.delete(this.begun.values().next().value as string);
    await this.options.handle(event);
    if (before !== this.afresh) return; // a new beginning came meanwhile, which this event stands before
    this.handled = event.cursor;
    if (++this.unacknowledged >= ACK_EVERY_EVENTS) this.acknowledge();
  }

  private acknowledge(): void {
    this.unacknowledged = 0;
    this.link.send({ op: "ack", cursor: this.handled });
  }
}
