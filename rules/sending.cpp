#include "rules/sending.hpp"

#include <algorithm>

#include "rules/mail_addresses.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

std::string full_name(const user& of) {
  if (of.last_name.empty()) return of.first_name;
  return of.first_name.empty() ? of.last_name : of.first_name + " " + of.last_name;
}

bool is_team_email(const channel& one, inbox_id in) {
  return one.inbox == in && one.type == channel_type::email && one.address && one.on && one.authorized;
}

}  // namespace

std::string shown_from_name(const fallback_email& by, const user& sender) {
  if (by.name_mode == from_name_mode::company) return by.company;
  const auto& agent = sender.first_name.empty() ? sender.last_name : sender.first_name;
  return agent + " from " + by.company;  // the one place that says so (S28)
}

std::string with_names(std::string_view html, const user& sender) {
  std::string out;
  out.reserve(html.size());
  for (;;) {
    const auto open = html.find("{{");
    const auto close = open == std::string_view::npos ? open : html.find("}}", open);
    if (close == std::string_view::npos) return out.append(html);
    const auto token = trimmed(html.substr(open + 2, close - open - 2));
    out.append(html.substr(0, open));
    if (token == "full_name") {
      append_html(out, full_name(sender));
    } else if (token == "first_name") {
      append_html(out, sender.first_name);
    } else if (token == "last_name") {
      append_html(out, sender.last_name);
    } else {
      // Not ours. Only the braces are passed over: a token of ours may begin within.
      out.append("{{");
      html.remove_prefix(open + 2);
      continue;
    }
    html.remove_prefix(close + 2);
  }
}

std::optional<std::string> signature_for(const fallback_email& by, const user& sender, written_in where) {
  if (where != written_in::inbox || !by.signature_on || by.signature_html.empty()) return std::nullopt;
  return with_names(by.signature_html, sender);
}

outcome<mail_sender> sending_address_of(const account_config& config, const inbox& from, const channel* over) {
  if (over && over->type == channel_type::email && !over->on)
    return refuse(refusal_code::channel_off, "this channel is switched off");
  if (over && is_team_email(*over, from.id)) return mail_sender{*over->address, over->id};
  const channel* first = nullptr;
  // S23: a conversation whose own team e-mail is disconnected goes on by the fallback address, not by another mailbox.
  if (!over || over->type != channel_type::email) {
    const auto here = config.channels.of(from.id);
    const auto found = std::find_if(here.begin(), here.end(),
                                    [&](channel_id which) { return is_team_email(*config.channels.find(which), from.id); });
    if (found != here.end()) first = config.channels.find(*found);
  }
  if (first) return mail_sender{*first->address, first->id};
  if (!from.fallback.send) return refuse(refusal_code::channel_off, "sending from this inbox's fallback address is switched off");
  return mail_sender{address_in_force(config, from), std::nullopt};
}

std::string contact_address_of(const fallback_email& by, const forwarded_mail& mail) {
  auto written = mail.written ? fold_case(trimmed(*mail.written)) : std::string{};
  if (by.original_sender && is_email(written)) return written;
  return fold_case(trimmed(mail.forwarder));
}

}  // namespace signalbox
