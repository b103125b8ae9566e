/** Asks the API one operation, and tells a refusal from an answer. */
import { keyHeader, wanted } from "./key.js";

const FOR_WANT_OF_A_KEY = new Set(["UNAUTHENTICATED", "FORBIDDEN"]);

/** Why there is no answer, in words for people. */
export class Refusal extends Error {
  /**
   * @param {string} message
   * @param {string} code the API's own, or UNREACHABLE
   */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** Marks a GraphQL document, so that tests find it. */
export const graphql = String.raw;

/**
 * @typedef {{ data: any, warnings: string[], isOld: boolean }} Answer `isOld`: it stands in for one of now
 *
 * @param {string} document
 * @param {Record<string, unknown>} [variables]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Answer>}
 */
export async function ask(document, variables = {}, signal) {
  const { data, errors = [], extensions = {} } = await send({ query: document, variables }, signal);
  if (data == null) throw refusal(errors[0]);
  const warnings = errors.map((error) => error.message);
  const isOld = "staleSeconds" in extensions;
  if (isOld) warnings.push(standIn(extensions.staleSeconds));
  return { data, warnings, isOld };
}

async function send(body, signal) {
  try {
    const headers = { "content-type": "application/json", ...keyHeader() };
    const answer = await fetch("graphql", { method: "POST", headers, body: JSON.stringify(body), signal });
    return await answer.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal("The API does not answer. Is it running, and this machine on its network?", "UNREACHABLE");
  }
}

function refusal(error) {
  const { message, extensions } = error ?? { message: "The API answered nothing." };
  const code = extensions?.code ?? "INTERNAL";
  if (FOR_WANT_OF_A_KEY.has(code)) wanted.set(message);
  return new Refusal(message, code);
}

function standIn(seconds) {
  return `The database cannot be reached now. What is shown was read ${seconds} s ago; it is read again by itself.`;
}
