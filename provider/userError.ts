/** A fault whose message alone is what the user shall see. */
export class UserError extends Error {}
