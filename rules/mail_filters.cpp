#include "rules/mail_filters.hpp"

#include <algorithm>

#include "rules/text.hpp"
#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<mail_verdict, 4> verdicts{{"deliver", "denied", "automated_response", "own_address"}};

bool holds(std::span<const std::string> sorted, std::string_view entry) {
  return std::binary_search(sorted.begin(), sorted.end(), entry);
}

/// What the lists say of the sender; nothing: neither names it.
std::optional<mail_verdict> listed(const mail_filters& by, std::string_view sender) {
  const auto look = [&by](std::string_view entry) -> std::optional<mail_verdict> {
    if (holds(by.allow, entry)) return mail_verdict::deliver;
    if (holds(by.deny, entry)) return mail_verdict::denied;
    return std::nullopt;
  };
  if (const auto said = look(sender)) return said;
  const auto at = sender.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  for (auto domain = sender.substr(at + 1); !domain.empty();) {
    if (const auto said = look(domain)) return said;
    const auto dot = domain.find('.');
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

bool is_automated(const mail_facts& facts) {
  // RFC 3834: `no` is a person's; anything else, parameters or not, was sent by a machine.
  const auto submitted = fold_case(trimmed(facts.auto_submitted.substr(0, facts.auto_submitted.find(';'))));
  if (!submitted.empty() && submitted != "no") return true;
  const auto precedence = fold_case(trimmed(facts.precedence));
  if (precedence == "auto_reply" || precedence == "bulk" || precedence == "junk") return true;
  if (facts.has_autoreply_header) return true;
  return facts.return_path && trimmed(*facts.return_path).empty();
}

}  // namespace

std::string_view to_text(mail_verdict of) { return verdicts.of(of); }

mail_verdict judge_mail(const mail_filters& by, const mail_facts& facts, std::span<const std::string> own) {
  const auto sender = fold_case(trimmed(facts.from));
  if (by.own_addresses && holds(own, sender)) return mail_verdict::own_address;
  if (const auto said = listed(by, sender)) return *said;
  if (by.automated_responses && is_automated(facts)) return mail_verdict::automated_response;
  return mail_verdict::deliver;
}

bool is_filter_entry(std::string_view text) {
  if (text.find('@') != std::string_view::npos) return is_email(text);
  return is_email("a@" + std::string{text});
}

}  // namespace signalbox
