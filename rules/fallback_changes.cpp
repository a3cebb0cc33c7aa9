// Section 3 of the rules: changes of an inbox's fallback address and of its filters.
#include "rules/change_draft.hpp"
#include "rules/mail_addresses.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

refusal refuse_taken_address() {
  return refuse(refusal_code::address_taken, "another inbox or channel of this server has this address");
}

bool is_reserved_for(const inbox& of, const std::string& folded) {
  const auto all = reserved_addresses(of);
  return std::find(all.begin(), all.end(), folded) != all.end();
}

/// Checks the text and that the address may be this inbox's: gives it as it is compared, or why not.
outcome<std::string> checked_address(const change_draft& draft, const inbox& of, const std::string& typed) {
  const auto address = fold_case(trimmed(typed));
  if (!is_email(address)) return invalid_field("/address", "is not an e-mail address");
  if (is_reserved_for(of, address)) return address;
  const auto home = home_of(draft.next, address);
  if (home == address_home::this_server)
    return invalid_field("/address", "its domain is this server's; below the account's own subdomain any will do");
  if (taken_within_account(draft.next, address, of.id)) return refuse_taken_address();
  if (draft.context.address_in_use && draft.context.address_in_use(address)) return refuse_taken_address();
  return address;
}

outgoing_mail mail_with_code(change_draft& draft, const std::string& to, const std::string& code) {
  const auto minutes = std::to_string(verification_lifetime.count());
  return {draft.context.make_id(), to, "Your code is " + code,
          "Somebody at " + draft.next.account.name + " wants to send e-mail from " + to +
              ".\n\nIf that was you, enter the code " + code + " within " + minutes + " minutes. If it wasn't, do nothing.\n",
          draft.context.now};
}

/// Sends a new code, whatever became of the one before.
change_verdict post_code(change_draft& draft, fallback_email& into, const std::string& address, const verify_address& wanted) {
  const auto now = draft.context.now;
  if (into.pending && now - into.pending->sent_at < verification_pause)
    return refuse(refusal_code::rate_limited, "a code was sent a moment ago; wait a minute before the next one");
  into.pending = pending_verification{address, wanted.fresh_hash, now, now + verification_lifetime, verification_attempts};
  draft.post(mail_with_code(draft, address, wanted.fresh_code));
  return std::nullopt;
}

/// Holds a code against the one that was sent. One that is used up, too old or another address's is as wrong as any.
void try_code(fallback_email& into, const std::string& address, const std::string& code_hash, time_point now) {
  if (!into.pending || into.pending->address != address || into.pending->attempts_left == 0 || now >= into.pending->expires_at)
    return;
  if (code_hash.empty() || into.pending->code_hash != code_hash) {
    --into.pending->attempts_left;
    return;
  }
  into.verified = address;
  into.pending.reset();
}

std::vector<std::string> checked_entries(change_draft& draft, const std::vector<std::string>& given, const std::string& pointer) {
  if (given.size() > filter_entries_max) {
    draft.fault(pointer, "has more than " + std::to_string(filter_entries_max));
    return {};
  }
  std::vector<std::string> all;
  all.reserve(given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    all.push_back(fold_case(trimmed(given[i])));
    if (!is_filter_entry(all.back())) draft.fault(pointer + "/" + std::to_string(i), "is neither an e-mail address nor a domain");
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

change_verdict make(change_draft& draft, const set_fallback_email& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.inboxes.find(wanted.inbox);
  if (!before) return refuse_unknown("inbox");
  if (auto no = refuse_unless_current(wanted.if_match, before->fallback.version)) return no;
  inbox after = *before;
  auto& to = after.fallback;
  to.send = wanted.send;
  to.name_mode = wanted.name_mode;
  to.company = draft.checked_name(wanted.company, "/from_name/company");
  to.address_mode = wanted.address_mode;
  to.signature_html = wanted.signature_html;
  to.signature_on = wanted.signature_on;
  to.original_sender = wanted.original_sender;
  if (wanted.signature_html.size() > signature_bytes_max)
    draft.fault("/signature/html", "is longer than " + std::to_string(signature_bytes_max) + " bytes");
  std::optional<std::string> custom;
  if (wanted.custom) {
    custom = std::string{trimmed(*wanted.custom)};
    if (!is_email(*custom)) draft.fault("/from_address/custom", "is not an e-mail address");
  } else if (wanted.address_mode == from_address_mode::custom) {
    draft.fault("/from_address/custom", "is required");
  }
  if (auto no = draft.verdict()) return no;

  if (custom && !is_reserved_for(*before, fold_case(*custom)))
    return refuse(refusal_code::address_unverified, "verify the address before it is saved");
  if (from_name_taken(draft.next, to.name_mode, to.company, after.id))
    return refuse(refusal_code::from_name_taken, "another fallback address of this account has this from name");
  if (custom) {
    to.verified = fold_case(*custom);  // whatever else was verified is given up
  } else if (to.custom && to.verified == fold_case(*to.custom)) {
    to.verified.reset();
  }
  to.custom = std::move(custom);
  ++to.version;
  draft.put(std::move(after));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const verify_address& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.inboxes.find(wanted.inbox);
  if (!before) return refuse_unknown("inbox");
  auto checked = checked_address(draft, *before, wanted.address);
  if (auto* no = std::get_if<refusal>(&checked)) return std::move(*no);
  const auto& address = std::get<std::string>(checked);
  inbox after = *before;
  if (!is_reserved_for(*before, address)) {
    if (home_of(draft.next, address) == address_home::this_account) {
      after.fallback.verified = address;
    } else if (wanted.code) {
      try_code(after.fallback, address, wanted.code_hash, draft.context.now);
    } else if (auto no = post_code(draft, after.fallback, address, wanted)) {
      return no;
    }
  }
  draft.put(std::move(after));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const set_mail_filters& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.inboxes.find(wanted.inbox);
  if (!before) return refuse_unknown("inbox");
  if (auto no = refuse_unless_current(wanted.if_match, before->filters.version)) return no;
  inbox after = *before;
  after.filters.allow = checked_entries(draft, wanted.filters.allow, "/allow");
  after.filters.deny = checked_entries(draft, wanted.filters.deny, "/deny");
  if (auto no = draft.verdict()) return no;
  after.filters.automated_responses = wanted.filters.automated_responses;
  after.filters.own_addresses = wanted.filters.own_addresses;
  after.filters.version = before->filters.version + 1;
  draft.put(std::move(after));
  return std::nullopt;
}

}  // namespace signalbox
