import { auctionId, TrustPolicy, type Member } from '@odf/protocol';
import { finding, type Finding } from './findings.js';
import { membersRoot } from './roots.js';
import type { TranscriptContent } from './transcript-schema.js';

const MOST_MEMBERS = 2 ** 20;

/** An auction that is not the one it says, classes that are not their policies', members that are not the classes'. */
export function demandFindings(content: TranscriptContent, members: readonly Member[]): Finding[] {
  const found = [...identityFindings(content), ...classFindings(content)];
  if (members.length > MOST_MEMBERS)
    return [...found, finding('MEMBERS_INVALID', 'members.length', MOST_MEMBERS, members.length)];
  found.push(...countFindings(content, members), ...orderFindings(members));
  const root = membersRoot(members);
  if (root !== content.members_root)
    found.push(finding('MEMBERS_ROOT_WRONG', 'members_root', root, content.members_root));
  return found;
}

function identityFindings({ auction }: TranscriptContent): Finding[] {
  const { avs_id, term_start_ms, round, task_id } = auction;
  const id = auctionId({ avs: avs_id, termStartMs: term_start_ms, round, task: task_id ?? undefined });
  return id === auction.auction_id ? [] : [finding('AUCTION_ID_WRONG', 'auction.auction_id', id, auction.auction_id)];
}

function classFindings({ classes }: TranscriptContent): Finding[] {
  return classes.flatMap(({ index, root, policy }, at) => {
    const found: Finding[] = [];
    if (index !== at) found.push(finding('CLASS_WRONG', `classes[${at}].index`, at, index));
    const own = TrustPolicy.root(policy);
    if (root !== own) found.push(finding('CLASS_WRONG', `classes[${at}].root`, own, root));
    if (at > 0 && classes[at - 1]!.root >= root) {
      found.push(finding('CLASS_WRONG', `classes[${at}].root`, 'a root above the one before it', root));
    }
    return found;
  });
}

/** Phantom demand: classes that count more or fewer members than there are. */
function countFindings({ classes }: TranscriptContent, members: readonly Member[]): Finding[] {
  const counts = classes.map(() => 0);
  const found: Finding[] = [];
  members.forEach(({ class_index }, at) => {
    if (class_index < counts.length) counts[class_index]!++;
    else found.push(finding('MEMBERS_INVALID', `members[${at}].class_index`, `below ${counts.length}`, class_index));
  });
  classes.forEach(({ count }, at) => {
    if (count !== counts[at]) found.push(finding('MEMBER_COUNT_WRONG', `classes[${at}].count`, counts[at]!, count));
  });
  return found;
}

function orderFindings(members: readonly Member[]): Finding[] {
  const found: Finding[] = [];
  const seen = new Set<string>();
  members.forEach((member, at) => {
    const before = members[at - 1];
    const { class_index, validator_root } = member;
    const rises =
      !before ||
      before.class_index < class_index ||
      (before.class_index === class_index && before.validator_root < validator_root);
    if (!rises)
      found.push(finding('MEMBERS_INVALID', `members[${at}]`, 'a member above the one before it', validator_root));
    if (seen.has(validator_root))
      found.push(finding('MEMBERS_INVALID', `members[${at}]`, 'a validator once', validator_root));
    seen.add(validator_root);
  });
  return found.slice(0, 1);
}
