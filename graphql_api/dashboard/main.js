/** Starts the dashboard in its page. */
import { render } from "preact";

import { html } from "./html.js";
import { Dashboard } from "./shell/dashboard.js";

const place = /** @type {HTMLElement} */ (document.getElementById("dashboard"));
place.replaceChildren();
render(html`<${Dashboard} />`, place);
