#include "transport/http_api/first_answers.hpp"

#include <algorithm>

namespace signalbox {

namespace {

/// Kept: what another try would get as well. A failure of the moment isn't.
bool is_final(const http_answer& answer) {
  return answer.status < 500 && answer.status != 429 && answer.status != 401 && answer.status != 408;
}

std::size_t bytes_of(const http_answer& answer) {
  auto bytes = sizeof(http_answer) + answer.body.size() + answer.content_type.size();
  for (const auto& [name, value] : answer.headers) bytes += name.size() + value.size();
  return bytes;
}

}  // namespace

std::optional<first_answers::answer_to> first_answers::begin(std::string caller, const std::string& key, time_point now,
                                                             answer_to then) {
  const auto full_key = caller + '\n' + key;
  std::optional<http_answer> known;
  std::uint64_t number = 0;
  {
    const std::lock_guard guard{lock_};
    auto found = by_key_.find(full_key);
    if (found != by_key_.end() && found->second->answer && found->second->at + bounds_.keep <= now) {
      forget(found->second);
      found = by_key_.end();
    }
    if (found != by_key_.end()) {
      auto& first = *found->second;
      if (!first.answer) {
        first.waiting.push_back(std::move(then));
        return std::nullopt;
      }
      known = first.answer;
    } else {
      evict(caller, now);
      number = next_number_++;
      entries_.push_back({caller, full_key, now, number, std::nullopt, full_key.size(), {}});
      by_key_.emplace(full_key, std::prev(entries_.end()));
      ++entries_of_[std::move(caller)];
      bytes_ += full_key.size();
    }
  }
  if (known) {
    then(std::move(*known));
    return std::nullopt;
  }
  return [this, full_key, number, then = std::move(then)](http_answer answer) {
    finish(full_key, number, answer);
    then(std::move(answer));
  };
}

void first_answers::finish(const std::string& key, std::uint64_t number, const http_answer& answer) {
  std::vector<answer_to> waiting;
  {
    const std::lock_guard guard{lock_};
    const auto found = by_key_.find(key);
    if (found == by_key_.end() || found->second->number != number) return;
    auto& first = *found->second;
    waiting.swap(first.waiting);
    if (is_final(answer)) {
      first.answer = answer;
      first.bytes += bytes_of(answer);
      bytes_ += bytes_of(answer);
    } else {
      forget(found->second);
    }
  }
  for (const auto& one : waiting) one(answer);
}

void first_answers::forget(place which) {
  bytes_ -= which->bytes;
  if (const auto of = entries_of_.find(which->caller); --of->second == 0) entries_of_.erase(of);
  by_key_.erase(which->key);
  entries_.erase(which);
}

/// Makes room for one more. What is under way stays: somebody waits for it, and there is one at most for a connection.
void first_answers::evict(const std::string& caller, time_point now) {
  const auto answered = [](const entry& of) { return of.answer.has_value(); };
  while (!entries_.empty() && entries_.front().at + bounds_.keep <= now && answered(entries_.front())) forget(entries_.begin());
  while (entries_.size() >= bounds_.entries || bytes_ > bounds_.bytes) {
    const auto oldest = std::find_if(entries_.begin(), entries_.end(), answered);
    if (oldest == entries_.end()) break;
    forget(oldest);
  }
  if (const auto of = entries_of_.find(caller); of != entries_of_.end() && of->second >= bounds_.entries_each) {
    const auto oldest =
        std::find_if(entries_.begin(), entries_.end(), [&](const entry& one) { return one.caller == caller && answered(one); });
    if (oldest != entries_.end()) forget(oldest);
  }
}

std::size_t first_answers::size() const {
  const std::lock_guard guard{lock_};
  return entries_.size();
}

}  // namespace signalbox
