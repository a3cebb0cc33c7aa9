#include "transport/http_api/body_reader.hpp"
#include "transport/http_api/changing.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"

namespace signalbox::resources {

namespace {

/// The contact that the path names; nothing after a refusal.
std::optional<contact_id> named_contact(call& of) {
  const auto id = of.path_id<contact_id>();
  if (!id) of.refuse(refusal_code::not_found, "there is no such contact");
  return id;
}

/// An owner who was deleted is none (S53).
void append_contact(std::string& out, const account_config& config, const contact& of) {
  if (!of.owner || config.users.find(*of.owner)) return signalbox::append_contact(out, of);
  auto without = of;
  without.owner.reset();
  signalbox::append_contact(out, without);
}

http_answer show_contact(const call& asked, const contact& of) {
  std::string out;
  append_contact(out, *asked.config, of);
  return resource_answer(200, of.version, std::move(out));
}

/// null takes a text away.
maybe<std::string> read_text(const object_reader& from, std::string_view key, std::size_t bytes_max) {
  if (from.is_null(key)) return std::string{};
  return from.text(key, bytes_max);
}

contact_fields read_fields(const object_reader& from) {
  contact_fields fields;
  fields.name = read_text(from, "name", name_bytes_max);
  fields.email = read_text(from, "email", email_bytes_max);
  fields.phone = read_text(from, "phone", phone_bytes_max);
  fields.cookie = read_text(from, "cookie", cookie_bytes_max);
  if (from.is_null("owner")) {
    fields.owner = std::optional<user_id>{};
  } else if (const auto owner = from.id<user_id>("owner")) {
    fields.owner = owner;
  }
  return fields;
}

}  // namespace

void list_contacts(const call_pointer& of) {
  query_reader query{*of};
  contact_query wanted;
  wanted.limit = query.limit();
  wanted.after = query.after<contact_id>();
  wanted.owner = query.id<user_id>("owner");
  const auto filter = [&](std::string_view name, identity_kind kind) {
    const auto given = query.text(name);
    if (!given) return;
    if (auto known = identity_of(kind, {}, *given)) {
      wanted.known_by.push_back(std::move(*known));
    } else {
      query.fault(name, "must not be blank");
    }
  };
  filter("email", identity_kind::email);
  filter("phone", identity_kind::phone);
  filter("cookie", identity_kind::cookie);
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.list_contacts(of->by, std::move(wanted), answer_with<page<contact>>(of, [](call& asked, page<contact>& found) {
                             std::string out = R"({"items":[)";
                             for (const auto& one : found.items) {
                               if (out.back() != '[') out += ',';
                               append_contact(out, *asked.config, one);
                             }
                             append_next(out, found.next);
                             return json_answer(200, std::move(out));
                           }));
}

void create_contact(const call_pointer& of) {
  request_body body{of->request.body};
  signalbox::create_contact wanted{read_fields(body.members())};
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.change_contact(of->by, std::move(wanted), key_of_call(*of), answer_with<contact>(of, [](call& asked, contact& made) {
                              std::string out;
                              append_contact(out, *asked.config, made);
                              return created_answer(made.version, std::move(out), "/v1/contacts/" + to_text(made.id));
                            }));
}

void read_contact(const call_pointer& of) {
  if (const auto which = named_contact(*of))
    of->behind.read_contact(of->by, *which,
                            answer_with<contact>(of, [](call& asked, contact& found) { return show_contact(asked, found); }));
}

void change_contact(const call_pointer& of) {
  const auto which = named_contact(*of);
  if (!which) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  update_contact wanted{*which, read_fields(body.members()), std::get<maybe<version_number>>(if_match)};
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.change_contact(of->by, std::move(wanted), std::nullopt,
                            answer_with<contact>(of, [](call& asked, contact& now) { return show_contact(asked, now); }));
}

void delete_contact(const call_pointer& of) {
  const auto which = named_contact(*of);
  if (!which) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  of->behind.change_contact(of->by, signalbox::delete_contact{*which, std::get<maybe<version_number>>(if_match)}, std::nullopt,
                            answer_with<contact>(of, [](call&, contact&) { return empty_answer(); }));
}

void merge_contact(const call_pointer& of) {
  const auto which = named_contact(*of);
  if (!which) return;
  const auto given = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&given)) return of->refuse(*no);
  const auto if_match = std::get<maybe<version_number>>(given);
  request_body body{of->request.body};
  const auto members = body.members();
  const auto into = members.id<contact_id>("into");
  const auto other = members.id<contact_id>("contact");
  if (members.has("into") == members.has("contact")) members.fault("", "needs either into or contact");
  if (const auto no = body.faults()) return of->refuse(*no);
  const auto wanted =
      into ? signalbox::merge_contact{*which, *into, if_match, {}} : signalbox::merge_contact{*other, *which, {}, if_match};
  of->behind.change_contact(of->by, wanted, key_of_call(*of),
                            answer_with<contact>(of, [](call& asked, contact& now) { return show_contact(asked, now); }));
}

void list_notices(const call_pointer& of) {
  query_reader query{*of};
  const auto limit = query.limit();
  const auto after = query.after<conversation_id>();
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.list_notices(of->by, limit, after, answer_with<page<notice>>(of, [](call&, page<notice>& found) {
                            std::string out = R"({"items":[)";
                            for (const auto& one : found.items) {
                              if (out.back() != '[') out += ',';
                              append_notice(out, one);
                            }
                            append_next(out, found.next);
                            return json_answer(200, std::move(out));
                          }));
}

}  // namespace signalbox::resources
