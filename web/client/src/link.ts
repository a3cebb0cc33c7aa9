/** One socket that comes back: opens, says hello, waits for the welcome; after a loss it pauses and does so again. */
import { Backoff, type BackoffOptions } from "./backoff.js";
import { SocketRefused } from "./faults.js";

export interface SocketOptions {
  /** The server: `http://127.0.0.1:8080`, `wss://inbox.example`. */
  url: string;
  token: string;
  backoff?: BackoffOptions;
  /** The connection was lost, or could not be made; it is tried again after `pauseMs`. */
  lost?: (code: number, reason: string, pauseMs: number) => void;
}

/** What the owner of a link does. Nothing of it is called after `ended`. */
export interface LinkOwner<Welcome> {
  path: string;
  protocol: string;
  hello: () => object;
  /** The connection is good from here to `down`. */
  up: (welcome: Welcome) => void;
  frame: (frame: { op: string }) => void;
  down: () => void;
  /** For good: refused by the server, closed by us, or a fault of the owner's. Called once. */
  ended: (why: Error) => void;
}

/** The part of the browser's WebSocket that is used; the package `ws` has it too, and more. */
interface AnySocket {
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  ping?: () => void;
  terminate?: () => void;
  on?: (event: "pong", then: () => void) => void;
}
type SocketMaker = new (url: string, protocols: string[]) => AnySocket;

const WELCOME_WITHIN_MS = 15_000;
const HEARTBEAT_MS = 20_000;
/** Trying again can't mend these: too large, bad frame, unauthorised, forbidden, replaced, over credit. */
const FINAL_CODES = new Set([1009, 4400, 4401, 4403, 4409, 4429]);

let makerFound: Promise<SocketMaker> | undefined;

/** Under Node `ws`, which shows a peer that went silent; in browsers their own. */
function socketMaker(): Promise<SocketMaker> {
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  makerFound ??= inNode
    ? import("ws").then((module) => module.WebSocket as unknown as SocketMaker)
    : Promise.resolve(globalThis.WebSocket as unknown as SocketMaker);
  return makerFound;
}

export function socketUrl(server: string, path: string): string {
  const url = new URL(server);
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  url.pathname = url.pathname.replace(/\/$/, "") + path;
  return url.toString();
}

export class Link<Welcome extends { op: "welcome" }> {
  private socket: AnySocket | undefined;
  private isUp = false;
  private over = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heard = true;
  private readonly backoff: Backoff;

  constructor(
    private readonly options: SocketOptions,
    private readonly owner: LinkOwner<Welcome>,
  ) {
    this.backoff = new Backoff(options.backoff);
  }

  get up(): boolean {
    return this.isUp;
  }

  /** Bytes that were sent and have not left this process. */
  get unsentBytes(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  open(): void {
    socketMaker()
      .then((Maker) => this.connect(Maker))
      .catch((why: Error) => this.end(why));
  }

  /** Dropped while the link isn't up: who sends asks again after the next welcome. */
  send(frame: object): void {
    if (this.isUp) this.socket?.send(JSON.stringify(frame));
  }

  /** Gives this connection up and makes another. */
  restart(reason: string): void {
    if (this.over || this.socket === undefined) return;
    this.lose(this.socket, 4000, reason);
  }

  end(why: Error): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    const wasUp = this.isUp;
    this.forget("say goodbye");
    if (wasUp) this.owner.down();
    this.owner.ended(why);
  }

  private connect(Maker: SocketMaker): void {
    if (this.over) return;
    const socket = new Maker(socketUrl(this.options.url, this.owner.path), [this.owner.protocol]);
    this.socket = socket;
    this.after(WELCOME_WITHIN_MS, () => this.lose(socket, 1006, "no welcome in time"));
    socket.onopen = () => {
      if (socket === this.socket) socket.send(JSON.stringify(this.owner.hello()));
    };
    socket.onmessage = (event: { data: unknown }) => {
      if (socket === this.socket) this.guard(() => this.take(socket, event.data));
    };
    socket.onerror = () => {}; // a close follows
    socket.onclose = (event: { code: number; reason: string }) => {
      if (socket !== this.socket) return;
      if (FINAL_CODES.has(event.code)) this.end(new SocketRefused(event.code, event.reason));
      else this.lose(socket, event.code, event.reason);
    };
    socket.on?.("pong", () => (this.heard = true));
  }

  private take(socket: AnySocket, text: unknown): void {
    const frame = JSON.parse(String(text)) as { op: string };
    this.heard = true;
    if (this.isUp) return this.owner.frame(frame);
    if (frame.op !== "welcome") return;
    this.isUp = true;
    this.backoff.reset();
    clearTimeout(this.timer);
    if (socket.ping) this.beat(socket);
    this.owner.up(frame as Welcome);
  }

  /** A peer that answers no ping is gone, whatever TCP believes. */
  private beat(socket: AnySocket): void {
    this.after(HEARTBEAT_MS, () => {
      if (!this.heard) return this.lose(socket, 1006, "silent");
      this.heard = false;
      socket.ping?.();
      this.beat(socket);
    });
  }

  private lose(socket: AnySocket, code: number, reason: string): void {
    if (this.over || socket !== this.socket) return;
    const wasUp = this.isUp;
    this.forget("just go");
    this.guard(() => {
      if (wasUp) this.owner.down();
      const pauseMs = this.backoff.next();
      this.after(pauseMs, () => this.open());
      this.options.lost?.(code, reason, pauseMs);
    });
  }

  private forget(how: "say goodbye" | "just go"): void {
    const socket = this.socket;
    this.socket = undefined;
    this.isUp = false;
    this.heard = true;
    if (!socket) return;
    socket.onclose = socket.onmessage = socket.onopen = null;
    try {
      // A silent peer answers no close either; `ws` would wait half a minute for it.
      if (how === "just go" && socket.terminate) socket.terminate();
      else socket.close(1000);
    } catch {
      // not open yet: there is nobody to say it to
    }
  }

  /** A fault in the owner's own code ends the link instead of being lost in a callback. */
  private guard(what: () => void): void {
    try {
      what();
    } catch (why) {
      this.end(why instanceof Error ? why : new Error(String(why)));
    }
  }

  /** One timer at a time: to the welcome, to the next beat, or to the next try. */
  private after(ms: number, then: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.guard(then), ms);
  }
}
