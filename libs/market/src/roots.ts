import { ListTree, type AwardLeaf, type Hex, type Member, type Receipt } from '@odf/protocol';
export function bidsTree(receipts: readonly Receipt[]): ListTree { throw new Error(`${receipts.length}`); }
export function bidsRoot(receipts: readonly Receipt[]): Hex { return bidsTree(receipts).root; }
export function membersTree(members: readonly Member[]): ListTree { throw new Error(`${members.length}`); }
export function membersRoot(members: readonly Member[]): Hex { return membersTree(members).root; }
export function awardTree(leaves: readonly AwardLeaf[]): ListTree { throw new Error(`${leaves.length}`); }
