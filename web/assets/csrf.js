/** The token of this page's session, sent along with everything that changes something. */
export const csrfToken = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";
