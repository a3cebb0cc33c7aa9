#include "transport/http_api/listing.hpp"

#include <charconv>

namespace signalbox {

std::size_t query_reader::limit() {
  const auto given = text("limit");
  if (!given) return page_items_default;
  std::size_t limit = 0;
  const auto [end, failed] = std::from_chars(given->data(), given->data() + given->size(), limit);
  if (failed == std::errc{} && end == given->data() + given->size() && limit >= 1 && limit <= page_items_max) return limit;
  fault("limit", "must be a whole number from 1 to " + std::to_string(page_items_max));
  return page_items_default;
}

}  // namespace signalbox
