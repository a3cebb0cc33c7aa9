/// Blocking HTTP/1.1 with JSON bodies over one connection that is kept open.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/load/byte_stream.hpp"

namespace signalbox::load {

/// The server said no, or something that isn't JSON.
class http_failed : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class http_client {
public:
  explicit http_client(const endpoint& to);
  ~http_client();

  /// The answer's body. `rate_limited` is waited for and tried again. Throws http_failed, boost::system::system_error.
  boost::json::value call(std::string_view method, std::string_view path, std::string_view token, const boost::json::value& body);

private:
  struct connection;
  std::unique_ptr<connection> connection_;
};

}  // namespace signalbox::load
