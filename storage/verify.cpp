#include "storage/verify.hpp"

#include "storage/verification.hpp"

namespace signalbox {
namespace {

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    (out += digits[byte >> 4]) += digits[byte & 15];
  }
  return out;
}

}  // namespace

void verification::problem(const std::string& what) {
  ++problems_;
  say_(what);
}

void verification::problem(family in, std::string_view key, const std::string& what) {
  problem(std::string{family_names[static_cast<std::size_t>(in)]} + " " + hexadecimal(key) + ": " + what);
}

void verification::each(family in, const std::function<void(std::string_view, std::string_view)>& check) {
  try {
    store_.scan(in, {}, {}, [&](std::string_view key, std::string_view value) {
      try {
        check(key, value);
      } catch (const std::exception& broken) {
        problem(in, key, broken.what());
      }
      return true;
    });
  } catch (const storage_error& broken) {
    problem(std::string{family_names[static_cast<std::size_t>(in)]} + ": " + broken.what());
  }
}

void verification::each_owned(
    family in, const std::function<void(const keys::owned_key&, std::string_view key, std::string_view value)>& check) {
  each(in, [&](std::string_view key, std::string_view value) {
    const auto owner = keys::split_owned(key);
    if (!owner) return problem(in, key, "too short a key");
    if (owner->slot != keys::slot_of(owner->account)) problem(in, key, "not in its account's slot");
    check(*owner, key, value);
  });
}

std::optional<stored_conversation> verification::conversation(account_id account, conversation_id id) const {
  const auto bytes = store_.get(family::state, keys::conversation(account, id));
  if (!bytes) return std::nullopt;
  return decode_conversation(*bytes);
}

std::uint64_t verify_contents(const store& of, const std::function<void(const std::string&)>& say) {
  verification v{of, say};
  verify_meta(v);
  verify_config(v);
  verify_events(v);
  verify_feeds(v);
  verify_conversation_log(v);
  verify_message_ids(v);
  verify_outbox(v);
  verify_state(v);
  return v.problems();
}

}  // namespace signalbox
