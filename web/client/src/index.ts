export type { components, operations, paths } from "./generated/openapi.js";
export type * from "./frames.js";
export { Api, type Answer, type Asked, type Method, type PathWith } from "./api.js";
export { AgentSocket, type AgentOptions, type AgentCommand } from "./agent.js";
export { Watch, type ViewNow, type WatchedView } from "./watch.js";
export { ConnectorSocket, type ConnectorOptions, type DeliveryAnswer } from "./connector.js";
export { Backoff, type BackoffOptions } from "./backoff.js";
export type { SocketOptions } from "./link.js";
export { ProblemError, QueueFull, SocketClosed, SocketRefused } from "./faults.js";
