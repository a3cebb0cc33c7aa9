#include <charconv>

#include "rules/why_not.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"

namespace signalbox::resources {

namespace {

std::optional<std::uint64_t> parse_seq(std::string_view text) {
  std::uint64_t seq = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return seq;
}

constexpr std::size_t after_bytes_max = 256;

/// The conversation that the path names; nothing after a refusal.
std::optional<conversation_id> named_conversation(call& of) {
  const auto id = of.path_id<conversation_id>();
  if (!id) of.refuse(refusal_code::not_found, "there is no such conversation");
  return id;
}

/// `"about":{…}`: the same decision, as one user met it.
void append_about(std::string& out, user_id who, const decision& why) {
  const auto verdict = verdict_on(why, who);
  const auto word = [&out](std::string_view key, std::string_view text) {
    out += key;
    append_json_string_or_null(out, text);
  };
  const auto figure = [&out](std::string_view key, std::optional<std::uint32_t> of) {
    out += key;
    if (of) {
      append_number(out, *of);
    } else {
      out += "null";
    }
  };
  out += R"("about":{"user":)";
  append_json_id(out, who);
  word(R"(,"outcome":)", to_text(verdict.outcome));
  word(R"(,"why":)", verdict.why);
  word(R"(,"rule":)", verdict.rule);
  figure(R"(,"open":)", verdict.open);
  figure(R"(,"chosen_open":)", verdict.chosen_open);
  out += '}';
}

}  // namespace

void list_conversations(const call_pointer& of) {
  query_reader query{*of};
  conversation_query wanted;
  wanted.limit = query.limit();
  wanted.after = query.text("after").value_or("");
  if (wanted.after.size() > after_bytes_max) query.fault("after", "must be the next of a page before");
  wanted.inbox = query.id<inbox_id>("inbox");
  wanted.view = query.word("view", parse_view, "all, mine, unassigned, waiting, spam or deleted").value_or(view::all);
  wanted.status = query.word("status", parse_conversation_status, "open or closed");
  wanted.assignee = query.id<user_id>("assignee");
  wanted.channel = query.id<channel_id>("channel");
  wanted.contact = query.id<contact_id>("contact");
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.list_conversations(of->by, std::move(wanted),
                                answer_with<page<conversation>>(of, [](call&, page<conversation>& found) {
                                  std::string out = R"({"items":[)";
                                  for (const auto& one : found.items) {
                                    if (out.back() != '[') out += ',';
                                    append_conversation(out, one);
                                  }
                                  append_next(out, found.next);
                                  return json_answer(200, std::move(out));
                                }));
}

void read_conversation(const call_pointer& of) {
  const auto which = named_conversation(*of);
  if (!which) return;
  of->behind.read_conversation(of->by, *which, answer_with<conversation>(of, [](call&, conversation& found) {
                                 std::string out;
                                 append_conversation(out, found);
                                 return resource_answer(200, found.version, std::move(out));
                               }));
}

void read_history(const call_pointer& of) {
  const auto which = named_conversation(*of);
  if (!which) return;
  query_reader query{*of};
  const auto limit = query.limit();
  const auto after = query.word("after", parse_seq, "the next of a page before").value_or(0);
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.read_history(of->by, *which, limit, after,
                          answer_with<page<history_entry>>(of, [](call&, page<history_entry>& found) {
                            std::string out = R"({"items":[)";
                            for (const auto& one : found.items) {
                              if (out.back() != '[') out += ',';
                              append_history_entry(out, one.what);
                            }
                            const bool more = found.next && !found.items.empty();
                            append_next(out, more ? std::optional{std::to_string(found.items.back().what.seq)} : std::nullopt);
                            return json_answer(200, std::move(out));
                          }));
}

void read_decisions(const call_pointer& of) {
  const auto which = named_conversation(*of);
  if (!which) return;
  query_reader query{*of};
  const auto about = query.id<user_id>("user");
  if (const auto no = query.faults()) return of->refuse(*no);
  if (about && !of->config->users.find(*about)) return of->refuse(refusal_code::not_found, "there is no such user");
  of->behind.read_decisions(of->by, *which,
                            answer_with<std::vector<decision_entry>>(of, [about](call&, std::vector<decision_entry>& found) {
                              std::string out = R"({"items":[)";
                              for (const auto& one : found) {
                                if (out.back() != '[') out += ',';
                                append_decision(out, one);
                                if (!about) continue;
                                out.back() = ',';
                                append_about(out, *about, one.why);
                                out += '}';
                              }
                              append_next(out, std::nullopt);
                              return json_answer(200, std::move(out));
                            }));
}

}  // namespace signalbox::resources
