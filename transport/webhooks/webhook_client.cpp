#include "transport/webhooks/webhook_client.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "rules/address_class.hpp"
#include "transport/webhooks/signature.hpp"

namespace signalbox {
namespace {

constexpr std::size_t answer_bytes_max = 64 * 1024;  // of a body that nobody reads
constexpr int poll_ms = 1'000;

struct order {
  webhook_post what;
  std::function<void(webhook_answer)> then;
};

/// One attempt that libcurl is at. Its address is what the callbacks are given.
struct transfer {
  order of;
  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  std::array<char, CURL_ERROR_SIZE> error{};
  std::size_t answer_bytes = 0;
  bool allow_private = false;
  bool refused_address = false;

  transfer() = default;
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;
  ~transfer() {
    if (handle != nullptr) curl_easy_cleanup(handle);
    curl_slist_free_all(headers);
  }
};

/// libcurl declares `addr` as it begins; the whole of it, `addrlen` bytes, stands behind that.
bool may_connect_to(const curl_sockaddr& address) {
  const auto* bytes = reinterpret_cast<const char*>(&address) + offsetof(curl_sockaddr, addr);
  if (address.family == AF_INET && address.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, bytes, sizeof v4);
    return is_public_address(std::span{reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), 4});
  }
  if (address.family == AF_INET6 && address.addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, bytes, sizeof v6);
    return is_public_address(std::span{reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr), 16});
  }
  return false;
}

/// The last moment before a connection: what a name resolved to can't change any more.
curl_socket_t open_checked(void* to, curlsocktype, curl_sockaddr* address) {
  auto& one = *static_cast<transfer*>(to);
  if (!one.allow_private && !may_connect_to(*address)) {
    one.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t discard(char*, std::size_t size, std::size_t count, void* to) {
  auto& one = *static_cast<transfer*>(to);
  one.answer_bytes += size * count;
  return one.answer_bytes > answer_bytes_max ? 0 : size * count;  // 0: enough
}

template <class T>
void set(transfer& one, CURLoption what, T value) {
  if (curl_easy_setopt(one.handle, what, value) != CURLE_OK) throw std::runtime_error("libcurl lacks an option");
}

void add_header(transfer& one, const std::string& line) {
  auto* longer = curl_slist_append(one.headers, line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  one.headers = longer;
}

webhook_answer answer_of(const transfer& one, CURLcode result) {
  webhook_answer answer;
  long status = 0;
  curl_easy_getinfo(one.handle, CURLINFO_RESPONSE_CODE, &status);
  // A body that is too long was cut off by us: the status came before it.
  const bool cut_off = result == CURLE_WRITE_ERROR && one.answer_bytes > answer_bytes_max;
  if (result == CURLE_OK || cut_off) {
    answer.http_status = static_cast<std::uint32_t>(status);
    if (status >= 300 && status < 400) answer.error = "redirects are not followed";
    return answer;
  }
  if (one.refused_address) {
    answer.error = "the address is not one of the public Internet's (webhooks.allow_private)";
  } else {
    answer.error = one.error[0] != '\0' ? one.error.data() : curl_easy_strerror(result);
  }
  return answer;
}

}  // namespace

class webhook_client::engine {
public:
  explicit engine(options with) : with_(std::move(with)) {
    static const auto initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialized != CURLE_OK) throw std::runtime_error("libcurl can't be used");
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::runtime_error("libcurl can't be used");
    thread_ = std::thread([this] { run(); });
  }
  ~engine() {
    stop();
    curl_multi_cleanup(multi_);
  }
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  void post(order one) {
    {
      const std::lock_guard lock{mutex_};
      if (!stopping_) {
        orders_.push_back(std::move(one));
        curl_multi_wakeup(multi_);
        return;
      }
    }
    one.then({0, "the server is going down", true});
  }

  void cancel(webhook_id which) {
    const std::lock_guard lock{mutex_};
    cancelled_.push_back(which);
    curl_multi_wakeup(multi_);
  }

  void stop() {
    {
      const std::lock_guard lock{mutex_};
      if (std::exchange(stopping_, true)) return;
      curl_multi_wakeup(multi_);
    }
    thread_.join();
  }

private:
  void run() {
    for (;;) {
      std::vector<webhook_id> cancelled;
      bool stopping = false;
      {
        const std::lock_guard lock{mutex_};
        while (!orders_.empty()) {
          waiting_.push_back(std::move(orders_.front()));
          orders_.pop_front();
        }
        cancelled.swap(cancelled_);
        stopping = stopping_;
      }
      for (const auto which : cancelled) end_those([&](const order& one) { return one.what.webhook == which; }, "it was deleted");
      if (stopping) return end_those([](const order&) { return true; }, "the server is going down");
      while (!waiting_.empty() && running_.size() < with_.at_once) {
        begin(std::move(waiting_.front()));
        waiting_.pop_front();
      }
      int active = 0;
      curl_multi_perform(multi_, &active);
      if (finish_done() && !waiting_.empty()) continue;
      curl_multi_poll(multi_, nullptr, 0, poll_ms, nullptr);
    }
  }

  void begin(order of) {
    auto& one = running_.emplace_back();
    one.of = std::move(of);
    one.allow_private = with_.allow_private;
    try {
      make_ready(one);
      if (curl_multi_add_handle(multi_, one.handle) != CURLM_OK) throw std::runtime_error("libcurl takes no more");
    } catch (const std::exception& failed) {
      auto then = std::move(one.of.then);
      running_.pop_back();
      then({0, failed.what(), false});
    }
  }

  void make_ready(transfer& one) const {
    one.handle = curl_easy_init();
    if (one.handle == nullptr) throw std::bad_alloc();
    const auto& what = one.of.what;
    add_header(one, "Content-Type: application/json");
    add_header(one, "Signalbox-Delivery: " + what.id);
    add_header(one, "Signalbox-Signature: " + webhook_signature(what.secrets, what.at, what.id, what.body));
    add_header(one, "Expect:");
    set(one, CURLOPT_URL, what.url.c_str());
    set(one, CURLOPT_PROTOCOLS_STR, "http,https");
    set(one, CURLOPT_FOLLOWLOCATION, 0L);
    set(one, CURLOPT_PROXY, "");
    set(one, CURLOPT_NOSIGNAL, 1L);
    set(one, CURLOPT_TIMEOUT_MS, static_cast<long>(with_.timeout.count()));
    set(one, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(one, CURLOPT_USERAGENT, with_.agent.c_str());
    set(one, CURLOPT_HTTPHEADER, one.headers);
    set(one, CURLOPT_POST, 1L);
    set(one, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
    set(one, CURLOPT_POSTFIELDS, what.body.data());
    set(one, CURLOPT_OPENSOCKETFUNCTION, &open_checked);
    set(one, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&one));
    set(one, CURLOPT_WRITEFUNCTION, &discard);
    set(one, CURLOPT_WRITEDATA, static_cast<void*>(&one));
    set(one, CURLOPT_ERRORBUFFER, one.error.data());
    set(one, CURLOPT_PRIVATE, static_cast<void*>(&one));
  }

  bool finish_done() {
    bool any = false;
    int left = 0;
    while (const auto* said = curl_multi_info_read(multi_, &left)) {
      if (said->msg != CURLMSG_DONE) continue;
      const auto result = said->data.result;
      auto* handle = said->easy_handle;
      const auto found = std::find_if(running_.begin(), running_.end(), [&](const auto& one) { return one.handle == handle; });
      if (found == running_.end()) continue;
      auto answer = answer_of(*found, result);
      curl_multi_remove_handle(multi_, handle);
      auto then = std::move(found->of.then);
      running_.erase(found);
      then(std::move(answer));
      any = true;
    }
    return any;
  }

  template <class Which>
  void end_those(Which which, const char* why) {
    std::vector<std::function<void(webhook_answer)>> ended;
    for (auto one = running_.begin(); one != running_.end();) {
      if (which(one->of)) {
        curl_multi_remove_handle(multi_, one->handle);
        ended.push_back(std::move(one->of.then));
        one = running_.erase(one);
      } else {
        ++one;
      }
    }
    for (auto one = waiting_.begin(); one != waiting_.end();) {
      if (which(*one)) {
        ended.push_back(std::move(one->then));
        one = waiting_.erase(one);
      } else {
        ++one;
      }
    }
    for (const auto& then : ended) then({0, why, true});
  }

  options with_;
  CURLM* multi_ = nullptr;
  std::mutex mutex_;
  std::deque<order> orders_;
  std::vector<webhook_id> cancelled_;
  bool stopping_ = false;
  // The thread's own.
  std::deque<order> waiting_;
  std::list<transfer> running_;
  std::thread thread_;
};

webhook_client::webhook_client(options with) : engine_(std::make_unique<engine>(std::move(with))) {}
webhook_client::~webhook_client() = default;
void webhook_client::post(webhook_post what, std::function<void(webhook_answer)> then) {
  engine_->post({std::move(what), std::move(then)});
}
void webhook_client::cancel(webhook_id which) { engine_->cancel(which); }
void webhook_client::stop() { engine_->stop(); }

}  // namespace signalbox
