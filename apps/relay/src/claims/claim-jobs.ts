/** Keeps a block with slashes on chain; subject: the block and a line. */
export const ANCHOR = 'claims.anchor';
/** Files a claim; subject: its id. */
export const FILE = 'claims.file';
/** Takes over what the chain says of all claims and slashes that are not over; one for all. */
export const FOLLOW = 'claims.follow';
/** Pays a claim whose windows have passed; subject: its id. */
export const FINALISE = 'claims.finalise';
