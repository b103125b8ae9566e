/**
 * Subscriptions, all over one WebSocket (graphql-transport-ws): a browser has six connections for streams of events
 * to a host, and hundreds for sockets. After a break every subscription begins again by itself.
 */
import { key, keyHeader } from "./key.js";
import { store } from "./store.js";

const SHORTEST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
const REFUSED = 4403;

/**
 * @typedef {{
 *   document: string,
 *   variables: () => Record<string, unknown>,
 *   next: (data: any) => void,
 *   again?: () => void,
 * }} Subscription `again` is called after a break: something may have been missed.
 */

/** How it stands: `off`, `waiting`, `live` or `refused`. */
export const connection = store("off");

/** @type {Map<string, Subscription>} */
const subscriptions = new Map();
/** @type {WebSocket | null} */
let socket = null;
let wait = SHORTEST_WAIT;
let timer = 0;
let lastId = 0;
let hasBroken = false;

/**
 * @param {Subscription} subscription
 * @returns {() => void} what ends it
 */
export function subscribe(subscription) {
  const id = String(++lastId);
  subscriptions.set(id, subscription);
  if (connection.get() === "live") begin(id, subscription);
  else if (socket === null) connect();
  return () => {
    subscriptions.delete(id);
    if (connection.get() === "live") say({ id, type: "complete" });
  };
}

function connect() {
  clearTimeout(timer);
  const address = new URL("graphql", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const opened = new WebSocket(address, "graphql-transport-ws");
  socket = opened;
  opened.onopen = () => say({ type: "connection_init", payload: keyHeader() });
  opened.onmessage = ({ data }) => opened === socket && hear(JSON.parse(data));
  opened.onclose = ({ code }) => opened === socket && closed(code);
}

function closed(code) {
  socket = null;
  hasBroken = true;
  connection.set(code === REFUSED ? "refused" : "waiting");
  if (code === REFUSED) return; // a new key connects again
  timer = setTimeout(connect, wait);
  wait = Math.min(2 * wait, LONGEST_WAIT);
}

function hear({ type, id, payload }) {
  if (type === "connection_ack") resume();
  if (type === "ping") say({ type: "pong" });
  if (type === "next" && payload.data) subscriptions.get(id)?.next(payload.data);
}

function resume() {
  wait = SHORTEST_WAIT;
  connection.set("live");
  for (const [id, subscription] of subscriptions) {
    begin(id, subscription);
    if (hasBroken) subscription.again?.();
  }
}

function begin(id, { document, variables }) {
  say({ id, type: "subscribe", payload: { query: document, variables: variables() } });
}

function say(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function reconnect() {
  if (subscriptions.size === 0) return;
  const before = socket;
  socket = null;
  before?.close();
  hasBroken = true;
  connection.set("waiting");
  connect();
}

key.hear(reconnect);
addEventListener("online", reconnect);
