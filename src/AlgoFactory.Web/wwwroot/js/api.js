// Calls the service's API with the browser's cookie. Errors are problem details; their sentence is what people see.

/** The header that another site's page cannot set: the server asks for it before it changes anything. */
export const FORGERY_HEADER = { "X-Requested-With": "AlgoFactory" };

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The sentence of an error answer. */
export function problemText(status, text) {
  try {
    const problem = JSON.parse(text);
    const fields = Object.values(problem.errors ?? {}).flat();
    if (fields.length > 0) return fields.join(" ");
    if (problem.detail || problem.title) return problem.detail ?? problem.title;
  } catch (e) {
    if (!(e instanceof SyntaxError)) throw e;
  }
  if (status === 413) return "The file is larger than this server accepts.";
  return status === 0 ? "The server cannot be reached. Is it running?" : `The server answered with status ${status}.`;
}

/** Sends a request and returns the parsed JSON answer, or null for an empty one. */
export async function call(method, path, body, more = {}) {
  const headers = { Accept: "application/json", ...FORGERY_HEADER, ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new ApiError(0, problemText(0, ""));
  }
  const text = await response.text();
  if (response.status === 401) {
    location.assign(`/sign-in?returnUrl=${encodeURIComponent(location.pathname + location.search)}`);
    throw new ApiError(401, "Your session has ended. Sign in again.");
  }
  if (!response.ok) throw new ApiError(response.status, problemText(response.status, text));
  return text ? JSON.parse(text) : null;
}
