#include "rules/contact_changes.hpp"

#include <algorithm>

#include "rules/text.hpp"

namespace signalbox {
namespace {

refusal nobody() { return invalid_field("", "needs a name, an e-mail address, a phone number or a cookie"); }
refusal no_such_contact() { return refuse(refusal_code::not_found, "there is no such contact"); }

std::optional<refusal> refuse_unless_version(const maybe<version_number>& if_match, version_number now) {
  if (!if_match || *if_match == now) return std::nullopt;
  return refuse(refusal_code::version_conflict,
                "it was changed since: version " + std::to_string(now) + ", not " + std::to_string(*if_match));
}

/// One change in the making.
struct draft {
  const contact_context& context;
  contact_edit edit;
  std::vector<field_error> errors;

  void fault(std::string pointer, std::string detail) { errors.push_back({std::move(pointer), std::move(detail)}); }

  std::optional<refusal> verdict() {
    if (errors.empty()) return std::nullopt;
    return refusal{refusal_code::invalid, "the request is not valid", std::move(errors)};
  }

  /// Puts one of the texts that a contact is known by; gives why not when another contact has it.
  std::optional<refusal> put_text(contact& into, std::string contact::*field, const maybe<std::string>& given, identity_kind kind,
                                  const char* what) {
    if (!given) return std::nullopt;
    const std::string value{trimmed(*given)};
    const auto now = identity_of(kind, {}, value);
    if (now)
      if (const auto other = holder_of(*now, context); other && other->id != into.id)
        return refuse(refusal_code::address_taken, std::string{"another contact of this account has this "} + what);
    // Taken away: all of the kind go. Replaced: the one that was shown.
    const auto before = identity_of(kind, {}, into.*field);
    std::erase_if(into.known_by, [&](const contact_identity& one) {
      const bool goes = one.kind == kind && (!now || one == before) && one != now;
      if (goes) edit.freed.push_back(one);
      return goes;
    });
    into.*field = value;
    if (!now || std::find(into.known_by.begin(), into.known_by.end(), *now) != into.known_by.end()) return std::nullopt;
    if (into.known_by.size() >= identities_max) {
      fault(std::string{"/"} + (kind == identity_kind::email   ? "email"
                                : kind == identity_kind::phone ? "phone"
                                                               : "cookie"),
            "the contact is known by " + std::to_string(identities_max) + " others already");
      return std::nullopt;
    }
    into.known_by.push_back(*now);
    edit.held.emplace_back(*now, into.id);
    return std::nullopt;
  }

  std::optional<refusal> put_fields(contact& into, const contact_fields& fields) {
    const auto fits = [&](const maybe<std::string>& given, const char* pointer, std::size_t bytes_max) {
      const auto value = given ? trimmed(*given) : std::string_view{};
      if (value.empty()) return true;
      if (const auto wrong = name_fault(value, bytes_max)) {
        fault(pointer, *wrong);
        return false;
      }
      return true;
    };
    if (fits(fields.name, "/name", name_bytes_max) && fields.name) into.name = trimmed(*fields.name);
    if (fits(fields.email, "/email", email_bytes_max) && fields.email && !trimmed(*fields.email).empty() &&
        !is_email(trimmed(*fields.email)))
      fault("/email", "must be an e-mail address");
    static_cast<void>(fits(fields.phone, "/phone", phone_bytes_max));
    static_cast<void>(fits(fields.cookie, "/cookie", cookie_bytes_max));
    if (fields.owner) {
      if (*fields.owner && !context.config.users.find(**fields.owner)) fault("/owner", "there is no such user");
      into.owner = *fields.owner;
    }
    if (auto no = verdict()) return no;
    if (auto no = put_text(into, &contact::email, fields.email, identity_kind::email, "e-mail address")) return no;
    if (auto no = put_text(into, &contact::phone, fields.phone, identity_kind::phone, "phone number")) return no;
    if (auto no = put_text(into, &contact::cookie, fields.cookie, identity_kind::cookie, "cookie")) return no;
    return verdict();
  }
};

/// The contact that a change names, when `who` may view it and it is still at that version.
outcome<contact> changeable(contact_id which, const user& who, const maybe<version_number>& if_match,
                            const contact_context& context) {
  auto found = meant_by(which, context);
  if (!found) return no_such_contact();
  if (!may_view(context.config, who, *found)) return refuse(refusal_code::access_denied, "you may not view this contact");
  if (auto no = refuse_unless_version(if_match, found->version)) return std::move(*no);
  return std::move(*found);
}

outcome<contact_edit> make(const create_contact& wanted, const user&, const contact_context& context) {
  const auto blank = [](const maybe<std::string>& text) { return !text || trimmed(*text).empty(); };
  if (blank(wanted.fields.name) && blank(wanted.fields.email) && blank(wanted.fields.phone) && blank(wanted.fields.cookie))
    return nobody();
  draft one{context, {}, {}};
  contact fresh;
  fresh.created_at = context.now;
  if (auto no = one.put_fields(fresh, wanted.fields)) return std::move(*no);
  fresh.id = contact_id{context.make_id()};
  for (auto& [what, whose] : one.edit.held) whose = fresh.id;
  one.edit.first = fresh.id;
  one.edit.put.push_back({std::nullopt, std::move(fresh), change_kind::created});
  return std::move(one.edit);
}

outcome<contact_edit> make(const update_contact& wanted, const user& who, const contact_context& context) {
  auto found = changeable(wanted.contact, who, wanted.if_match, context);
  if (auto* no = std::get_if<refusal>(&found)) return std::move(*no);
  auto& now = std::get<contact>(found);
  draft one{context, {}, {}};
  const auto before = now;
  const auto owner_before = now.owner;
  if (auto no = one.put_fields(now, wanted.fields)) return std::move(*no);
  if (now.name.empty() && now.known_by.empty()) return nobody();
  if (now == before) {
    contact_edit nothing;
    nothing.first = now.id;
    return nothing;
  }
  ++now.version;
  one.edit.first = now.id;
  one.edit.put.push_back({owner_before, std::move(now), change_kind::changed});
  return std::move(one.edit);
}

/// Conversations stay, and name a contact that is not there any more.
outcome<contact_edit> make(const delete_contact& wanted, const user& who, const contact_context& context) {
  auto found = changeable(wanted.contact, who, wanted.if_match, context);
  if (auto* no = std::get_if<refusal>(&found)) return std::move(*no);
  auto& gone = std::get<contact>(found);
  contact_edit edit;
  edit.first = gone.id;
  edit.freed = gone.known_by;
  for (const auto old : gone.absorbed)
    if (auto redirect = context.find(old)) edit.erased.push_back(std::move(*redirect));
  edit.erased.insert(edit.erased.begin(), std::move(gone));
  return edit;
}

template <class T>
void add_missing(std::vector<T>& to, const std::vector<T>& from) {
  for (const auto& one : from)
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
}

outcome<contact_edit> make(const merge_contact& wanted, const user& who, const contact_context& context) {
  auto found = changeable(wanted.contact, who, wanted.if_match, context);
  if (auto* no = std::get_if<refusal>(&found)) return std::move(*no);
  auto& old = std::get<contact>(found);
  auto target = meant_by(wanted.into, context);
  if (!target) return invalid_field("/into", "there is no such contact");
  auto& into = *target;
  if (!may_view(context.config, who, into)) return refuse(refusal_code::access_denied, "you may not view this contact");
  if (auto no = refuse_unless_version(wanted.into_if_match, into.version)) return std::move(*no);
  if (into.id == old.id) return invalid_field("/into", "is the same contact");
  if (into.known_by.size() + old.known_by.size() > identities_max || into.absorbed.size() + old.absorbed.size() >= absorbed_max)
    return refuse(refusal_code::conflict, "the two are known by more than one contact may be");

  contact_edit edit;
  edit.first = into.id;
  const auto owner_before = into.owner;
  for (const auto field : {&contact::name, &contact::email, &contact::phone, &contact::cookie})
    if ((into.*field).empty()) into.*field = old.*field;
  if (!into.owner) into.owner = old.owner;
  for (const auto& one : old.known_by) edit.held.emplace_back(one, into.id);
  add_missing(into.known_by, old.known_by);
  // One that never wrote is everybody's to see; together with one that did, it is theirs who may view that.
  add_missing(into.inboxes, old.inboxes);
  add_missing(into.absorbed, old.absorbed);
  into.absorbed.push_back(old.id);
  ++into.version;
  const auto into_id = into.id;
  edit.put.push_back({owner_before, std::move(into)});
  const auto point_there = [&](const contact& was, std::optional<change_kind> told) {
    contact redirect;
    redirect.id = was.id;
    redirect.created_at = was.created_at;
    redirect.version = was.version + 1;
    redirect.merged_into = into_id;
    edit.put.push_back({was.owner, std::move(redirect), told});
  };
  point_there(old, change_kind::merged);  // which tells of the other one too
  for (const auto older : old.absorbed)
    if (const auto redirect = context.find(older)) point_there(*redirect, std::nullopt);
  return edit;
}

}  // namespace

std::optional<contact> meant_by(contact_id which, const contact_context& context) {
  auto found = context.find(which);
  if (found && found->merged_into) found = context.find(*found->merged_into);
  if (found && found->merged_into) return std::nullopt;
  return found;
}

std::optional<contact> holder_of(const contact_identity& what, const contact_context& context) {
  const auto holder = context.holder(what);
  return holder ? meant_by(*holder, context) : std::nullopt;
}

outcome<contact_edit> apply(const contact_change& change, const principal& by, const contact_context& context) {
  const auto* who = by.user ? context.config.users.find(*by.user) : nullptr;
  if (!who || !who->active) return refuse(refusal_code::access_denied, "this needs a user of the account");
  return std::visit([&](const auto& wanted) { return make(wanted, *who, context); }, change);
}

std::vector<contact_identity> identities_of(const sender& who) {
  std::vector<contact_identity> all;
  const auto add = [&](identity_kind kind, std::string_view text) {
    if (auto one = identity_of(kind, who.channel, text)) all.push_back(std::move(*one));
  };
  add(identity_kind::channel, who.id);
  add(identity_kind::cookie, who.cookie);
  if (is_email(trimmed(who.email))) add(identity_kind::email, who.email);  // "unknown" is no one's, or everybody's
  add(identity_kind::phone, who.phone);
  return all;
}

contact_edit show_in(contact who, inbox_id in) {
  contact_edit edit;
  if (std::find(who.inboxes.begin(), who.inboxes.end(), in) != who.inboxes.end()) return edit;
  who.inboxes.push_back(in);
  edit.first = who.id;
  edit.put.push_back({who.owner, std::move(who)});
  return edit;
}

meeting meet(const sender& who, inbox_id in, const contact_context& context) {
  auto all = identities_of(who);
  std::optional<contact> known;
  std::vector<contact_identity> unheld;
  for (auto& one : all) {
    auto holder = holder_of(one, context);
    if (!holder)
      unheld.push_back(std::move(one));
    else if (!known)
      known = std::move(holder);
  }
  meeting met;
  auto& edit = met.edit;
  const bool fresh = !known;
  if (fresh) {
    known.emplace();
    known->id = contact_id{context.make_id()};
    known->created_at = context.now;
  }
  auto& now = *known;
  const bool tracked = now.tracked();
  bool changed = fresh;
  const auto learn = [&](std::string contact::*field, std::string_view text) {
    if (!(now.*field).empty() || trimmed(text).empty()) return;
    now.*field = trimmed(text);
    changed = true;
  };
  learn(&contact::name, who.name);
  for (auto& one : unheld) {
    if (now.known_by.size() >= identities_max) break;
    if (one.kind == identity_kind::cookie) learn(&contact::cookie, who.cookie);
    if (one.kind == identity_kind::email) learn(&contact::email, who.email);
    if (one.kind == identity_kind::phone) learn(&contact::phone, who.phone);
    edit.held.emplace_back(one, now.id);
    now.known_by.push_back(std::move(one));
    changed = true;
  }
  std::optional<change_kind> told;  // that it wrote to another inbox isn't
  if (changed) told = fresh ? change_kind::created : change_kind::changed;
  if (changed && !fresh) ++now.version;
  if (std::find(now.inboxes.begin(), now.inboxes.end(), in) == now.inboxes.end()) {
    now.inboxes.push_back(in);
    changed = true;
  }
  met.with = standing_of(now);
  met.tracked_now = !fresh && met.with.tracked && !tracked;
  edit.first = now.id;
  if (changed) edit.put.push_back({now.owner, std::move(now), told});
  return met;
}

}  // namespace signalbox
