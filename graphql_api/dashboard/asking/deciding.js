/** Sending a decision, once at a time, and telling what became of it. */
import { useState } from "preact/hooks";

import { ask } from "./ask.js";

/** @param {(what: any) => void} settle hears what was decided and what followed */
export function useDeciding(settle) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const decide = async (document, variables, said) => {
    setBusy(true);
    setError(null);
    try {
      const { data } = await ask(document, variables);
      settle({ said, ...data.result });
    } catch (refused) {
      setError(/** @type {Error} */ (refused));
    } finally {
      setBusy(false);
    }
  };
  return { decide, isBusy, error };
}
