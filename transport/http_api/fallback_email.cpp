#include "rules/mail_addresses.hpp"
#include "rules/sending.hpp"
#include "rules/text.hpp"
#include "transport/http_api/body_reader.hpp"
#include "transport/http_api/changing.hpp"
#include "transport/http_api/config_json.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/viewing.hpp"
#include "transport/safe_html.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

void append_text(std::string& out, std::string_view key, std::string_view value) {
  out.append(key);
  append_json_string(out, value);
}

http_answer show_fallback_email(const account_config& config, const inbox& of) {
  std::string out;
  append_text(out, R"({"address":)", address_in_force(config, of));
  append_text(out, R"(,"forwarding_address":)", forwarding_address(config, of));
  out += R"(,"receives":[)";
  for (const auto& one : receiving_addresses(config, of)) {
    if (out.back() != '[') out += ',';
    append_json_string(out, one);
  }
  out += "],";
  append_fallback_settings(out, of.fallback);
  out += '}';
  return resource_answer(200, of.fallback.version, std::move(out));
}

/// The body of PUT and of a preview. PUT is the whole: what isn't named goes back to its default.
signalbox::set_fallback_email read_fallback_fields(const object_reader& from, inbox_id of) {
  signalbox::set_fallback_email wanted;
  wanted.inbox = of;
  from.require({"from_name"});
  wanted.send = from.flag("send").value_or(wanted.send);
  if (const auto name = from.object("from_name")) {
    name->require({"mode", "company"});
    wanted.name_mode = name->word("mode", parse_from_name_mode, "agent_and_company or company").value_or(wanted.name_mode);
    wanted.company = name->text("company", name_bytes_max).value_or("");
  }
  if (const auto address = from.object("from_address")) {
    address->require({"mode"});
    wanted.address_mode = address->word("mode", parse_from_address_mode, "default or custom").value_or(wanted.address_mode);
    if (!address->is_null("custom")) wanted.custom = address->text("custom", email_bytes_max);
  }
  if (const auto signature = from.object("signature")) {
    wanted.signature_on = signature->flag("on").value_or(wanted.signature_on);
    if (const auto html = signature->text("html", signature_bytes_max)) {
      if (auto safe = safe_html(*html))
        wanted.signature_html = std::move(*safe);
      else
        signature->fault("html", "is too long or has too many tags");
    }
  }
  wanted.original_sender = from.flag("original_sender").value_or(wanted.original_sender);
  return wanted;
}

/// The inbox as it would be: for a preview, which saves nothing and so asks for no verified address.
inbox with(const inbox& before, const signalbox::set_fallback_email& wanted) {
  auto after = before;
  auto& to = after.fallback;
  to.name_mode = wanted.name_mode;
  to.company = std::string{trimmed(wanted.company)};
  to.address_mode = wanted.address_mode;
  to.custom = wanted.custom;
  to.signature_html = wanted.signature_html;
  to.signature_on = wanted.signature_on;
  return after;
}

}  // namespace

void read_fallback_email(const call_pointer& of) {
  if (const auto* found = named_inbox(*of)) of->answer(show_fallback_email(*of->config, *found));
}

void set_fallback_email(const call_pointer& of) {
  const auto* found = named_inbox(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  auto wanted = read_fallback_fields(body.members(), found->id);
  wanted.if_match = std::get<maybe<version_number>>(if_match);
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<inbox>(of, std::move(wanted), &account_config::inboxes, show_fallback_email);
}

void verify_address(const call_pointer& of) {
  const auto* found = named_inbox(*of);
  if (found == nullptr) return;
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"address"});
  signalbox::verify_address wanted;
  wanted.inbox = found->id;
  wanted.address = members.text("address", email_bytes_max).value_or("");
  wanted.code = members.text("code", object_reader::word_bytes_max);
  if (const auto no = body.faults()) return of->refuse(*no);
  const auto address = fold_case(trimmed(wanted.address));
  change_resource<inbox>(of, std::move(wanted), &account_config::inboxes, [address](const account_config&, const inbox& now) {
    const auto reserved = reserved_addresses(now);
    const bool verified = std::find(reserved.begin(), reserved.end(), address) != reserved.end();
    return json_answer(200, verified ? R"({"verified":true})" : R"({"verified":false})");
  });
}

void preview_fallback_email(const call_pointer& of) {
  const auto* found = named_inbox(*of);
  if (found == nullptr) return;
  request_body body{of->request.body};
  const auto members = body.members();
  const auto wanted = read_fallback_fields(members, found->id);
  const auto id = members.is_null("user") ? std::nullopt : members.id<user_id>("user");
  const auto* sender = id ? of->config->users.find(*id) : of->who.get();
  if (sender == nullptr) members.fault("user", "there is no such user");
  if (wanted.custom && !is_email(trimmed(*wanted.custom))) members.fault("from_address/custom", "is not an e-mail address");
  if (wanted.address_mode == from_address_mode::custom && !wanted.custom) members.fault("from_address/custom", "is required");
  const auto after = with(*found, wanted);
  if (members.has("from_name") && name_fault(after.fallback.company, name_bytes_max))
    members.fault("from_name/company", *name_fault(after.fallback.company, name_bytes_max));
  if (const auto no = body.faults()) return of->refuse(*no);

  std::string out;
  append_text(out, R"({"from_name":)", shown_from_name(after.fallback, *sender));
  append_text(out, R"(,"from_address":)", address_in_force(*of->config, after));
  out += R"(,"signature_html":)";
  if (const auto signature = signature_for(after.fallback, *sender, written_in::inbox)) {
    append_json_string(out, *signature);
  } else {
    out += "null";
  }
  out += '}';
  of->answer(json_answer(200, std::move(out)));
}

void list_outgoing_mails(const call_pointer& of) {
  query_reader query{*of};
  const auto limit = query.limit();
  const auto after = query.after<message_id>();
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.list_outgoing_mails(of->by, limit, after.value_or(message_id{}).value,
                                 answer_with<page<outgoing_mail>>(of, [](call&, page<outgoing_mail>& found) {
                                   std::string out = R"({"items":[)";
                                   for (const auto& one : found.items) {
                                     if (out.back() != '[') out += ',';
                                     append_text(out, R"({"id":)", to_text(message_id{one.id}));
                                     append_text(out, R"(,"to":)", one.to);
                                     append_text(out, R"(,"subject":)", one.subject);
                                     append_text(out, R"(,"text":)", one.text);
                                     out += R"(,"created_at":)";
                                     append_json_time(out, one.created_at);
                                     out += '}';
                                   }
                                   append_next(out, found.next);
                                   return json_answer(200, std::move(out));
                                 }));
}

}  // namespace signalbox::resources
