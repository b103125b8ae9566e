/** A number with its name, and in small print what it is made of. */
import { html } from "../html.js";

/** @param {{ name: string, value: any, fine?: any }} props */
export function Figure({ name, value, fine }) {
  return html`<div><dt>${name}</dt><dd>${value}${fine && html`<small>${fine}</small>`}</dd></div>`;
}
