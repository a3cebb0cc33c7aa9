/** The frames of both sockets, after docs/asyncapi.yaml. */
import type { components } from "./generated/openapi.js";
import type { Problem } from "./faults.js";

type Schemas = components["schemas"];

export type Conversation = Schemas["conversation"];
export type Message = Schemas["message"] | Schemas["comment"];
export type Attachment = Schemas["attachment"];
export type User = Schemas["user"];
export interface AvailabilityNow {
  status: "available" | "away";
  reason: string;
  until: string | null;
}

/** What a connector publishes. (`channel`, `id`) is taken once, however often it is sent. */
export type InboundMessage = Schemas["inboundMessage"] & { channel: string };

export interface ChannelGreeting {
  id: string;
  name: string;
  type: string;
  on: boolean;
  /** The last durable one that this connector gave for this channel. */
  offset: string | null;
}
export interface ConnectorWelcome {
  op: "welcome";
  credit: number;
  max_batch: number;
  max_frame: number;
  channels: ChannelGreeting[];
}
export type PublishResult =
  | { id: string; status: "accepted" }
  | { id: string; status: "duplicate"; message?: string }
  | { id: string; status: "dropped" }
  /** `pointer` (RFC 6901) says what in the message is wrong; absent when nothing is. */
  | { id: string; status: "rejected"; code: string; pointer?: string; detail: string };
export interface Ack {
  op: "ack";
  seq: number;
  credit: number;
  results: PublishResult[];
}
export interface Delivery {
  id: string;
  channel: string;
  thread: string;
  to: { id: string; name?: string; email?: string; phone?: string };
  text: string;
  html?: string;
  attachments?: Attachment[];
  attempt: number;
}
export interface Deliver {
  op: "deliver";
  messages: Delivery[];
}
export interface ChannelChanged {
  op: "channel";
  id: string;
  on: boolean;
  name: string;
}
export interface Drain {
  op: "drain";
  after_ms: number;
}
export type ConnectorFrame = ConnectorWelcome | Ack | Deliver | ChannelChanged | Drain;

export type DeliveryStatus = "sent" | "delivered" | "read" | "failed";
export interface StatusReport {
  id: string;
  status: DeliveryStatus;
  error?: string;
}

interface EventOf<Type extends string, Body> {
  cursor: string;
  /** The cursor of this agent's event before; null for the first one ever. */
  prev: string | null;
  type: Type;
  at: string;
  data: Body;
}
export type AgentEvent =
  | EventOf<"assignment.created", { conversation: Conversation; message: Message; reason: string; received_at: string }>
  | EventOf<"assignment.withdrawn", { conversation: Conversation; reason: string; to: { user: string } | { team: string } | null }>
  | EventOf<"message.created", { conversation: string; message: Message; received_at: string }>
  | EventOf<"message.status", { conversation: string; message: string; status: "accepted" | DeliveryStatus; error?: string }>
  | EventOf<"conversation.updated" | "conversation.waiting", { conversation: Conversation }>
  | EventOf<"availability.changed", AvailabilityNow & { user: string }>;
/** Has no cursor: it is shown now or never. */
export interface TypingEvent {
  type: "typing";
  at: string;
  data: { conversation: string; user: string };
}
export interface AgentWelcome {
  op: "welcome";
  user: User;
  cursor: string;
  /** True: every event since the cursor that was given follows, none missing. Else start from `open`. */
  resumed: boolean;
  reason?: "cursor_too_old";
  availability: AvailabilityNow;
  open: Conversation[];
}
export interface Events {
  op: "events";
  events: (AgentEvent | TypingEvent)[];
}
export type CommandResult = { op: "result"; ref: string } & ({ ok: true; data: unknown } | { ok: false; problem: Problem });
export interface ViewCounts {
  open: number;
  closed: number;
  unassigned: number;
  waiting: number;
  spam: number;
  deleted: number;
}
/** What takes a watch from the frame before to now. */
export interface ViewFrame {
  op: "view";
  watch: string;
  whole: boolean;
  rows: Conversation[];
  gone: string[];
  counts: ViewCounts;
}
export interface UnwatchedFrame {
  op: "unwatched";
  watch: string;
  problem: Problem;
}
export type AgentFrame = AgentWelcome | Events | CommandResult | ViewFrame | UnwatchedFrame;
