/** Elements written as HTML in template strings: `html` makes of them what Preact draws. */
import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);
