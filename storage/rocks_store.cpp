#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "storage/rocks_access.hpp"

namespace signalbox {
namespace {

rocksdb::Slice slice(std::string_view of) { return {of.data(), of.size()}; }
std::string_view view_of(const rocksdb::Slice& of) { return {of.data(), of.size()}; }

}  // namespace

/// One WriteBatch, used again and again.
class rocks_store::writer final : public batch_sink {
public:
  explicit writer(const rocks_database& database) : database_(database) {}

  void put(family in, std::string_view key, std::string_view value) override {
    keep(batch.Put(database_.in(in), slice(key), slice(value)));
  }
  void erase(family in, std::string_view key) override { keep(batch.Delete(database_.in(in), slice(key))); }
  void clear() {
    batch.Clear();
    status = rocksdb::Status::OK();
  }

  rocksdb::WriteBatch batch{change_set_bytes_max + change_set_bytes_max / 8};
  rocksdb::Status status;

private:
  void keep(rocksdb::Status of) {
    if (!of.ok()) status = std::move(of);
  }
  const rocks_database& database_;
};

rocks_store::rocks_store(rocks_options options, std::unique_ptr<rocks_database> database, commit_observer observer)
    : options_(std::move(options)),
      database_(std::move(database)),
      observer_(std::move(observer)),
      writer_(std::make_unique<writer>(*database_)) {
  find_heads();
}

rocks_store::~rocks_store() = default;

void rocks_store::find_heads() {
  for (std::uint8_t group = 0; group < keys::groups; ++group) {
    std::uint64_t head = 0;
    scan_back(family::events, keys::event(group, 0), std::string(1, static_cast<char>(group + 1)),
              [&](std::string_view key, std::string_view) {
                head = keys::read_be64(key.substr(1));
                return false;
              });
    // Retention may have dropped every event; positions still go on.
    if (const auto settled = get(family::meta, keys::settled_position(group)); settled && settled->size() == 8) {
      head = std::max(head, keys::read_be64(*settled));
    }
    heads_[group] = head;
  }
  if (const auto number = get(family::meta, keys::commit_number()); number && number->size() == 8) {
    commit_number_ = keys::read_be64(*number);
  }
}

void rocks_store::commit(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions) {
  if (options_.read_only) throw storage_error(options_.directory.string() + " is open for reading only");
  if (broken_) throw storage_error("a write to " + options_.directory.string() + " failed before; nothing is written any more");
  for (std::size_t i = 0; i < sets.size(); ++i) first_positions[i] = heads_[sets[i]->group()] + 1;
  const auto batches = layout_.split(sets);
  if (batches.empty()) return;

  broken_ = true;  // until all of it is durable
  std::array<std::uint64_t, keys::groups> heads;
  for (std::size_t i = 0; i < heads.size(); ++i) heads[i] = heads_[i];
  std::string number;
  keys::append_be64(number, commit_number_ + 1);
  commit_report report{.bytes = 0, .events = 0, .sets = sets.size(), .write_ns = 0};
  for (const auto& batch : batches) {
    writer_->clear();
    auto& head = heads.at(batch.group);
    const auto before = head;
    head = layout_.write(batch, sets, head, first_positions, *writer_);
    writer_->put(family::meta, keys::commit_number(), number);
    expect_ok(writer_->status, "gathering a commit", options_.directory);
    report.events += head - before;
    report.bytes += writer_->batch.GetDataSize();
    rocksdb::WriteOptions how;
    how.sync = options_.sync && &batch == &batches.back();  // the log is written in order: one fsync covers all before it
    const auto begun = std::chrono::steady_clock::now();
    expect_ok(database_->db().Write(how, &writer_->batch), "writing", options_.directory);
    report.write_ns += static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begun).count());
  }
  ++commit_number_;
  for (std::size_t i = 0; i < heads.size(); ++i) heads_[i] = heads[i];
  broken_ = false;
  if (observer_) observer_(report);
}

std::optional<std::string> rocks_store::get(family in, std::string_view key) const {
  std::string value;
  const auto status = database_->db().Get({}, database_->in(in), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  expect_ok(status, "reading", options_.directory);
  return value;
}

std::vector<std::optional<std::string>> rocks_store::get_many(family in, std::span<const std::string> keys) const {
  const auto count = keys.size();
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(count);
  std::vector<rocksdb::Status> statuses(count);
  database_->db().MultiGet({}, database_->in(in), count, slices.data(), values.data(), statuses.data());
  std::vector<std::optional<std::string>> found(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (statuses[i].IsNotFound()) continue;
    expect_ok(statuses[i], "reading", options_.directory);
    found[i].emplace(values[i].data(), values[i].size());
  }
  return found;
}

void rocks_store::scan(family in, std::string_view from, std::string_view to,
                       const std::function<bool(std::string_view, std::string_view)>& visit) const {
  if (!to.empty() && from >= to) return;
  const auto upper = slice(to);
  rocksdb::ReadOptions how;
  if (!to.empty()) how.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at{database_->db().NewIterator(how, database_->in(in))};
  for (at->Seek(slice(from)); at->Valid(); at->Next()) {
    if (!visit(view_of(at->key()), view_of(at->value()))) break;
  }
  expect_ok(at->status(), "reading", options_.directory);
}

void rocks_store::scan_back(family in, std::string_view from, std::string_view to,
                            const std::function<bool(std::string_view, std::string_view)>& visit) const {
  if (!to.empty() && from >= to) return;
  const auto lower = slice(from);
  const auto upper = slice(to);
  rocksdb::ReadOptions how;
  how.iterate_lower_bound = &lower;
  if (!to.empty()) how.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at{database_->db().NewIterator(how, database_->in(in))};
  for (at->SeekToLast(); at->Valid(); at->Prev()) {
    if (!visit(view_of(at->key()), view_of(at->value()))) break;
  }
  expect_ok(at->status(), "reading", options_.directory);
}

std::optional<std::string> rocks_store::event_at(std::uint8_t group, std::uint64_t position) const {
  return get(family::events, keys::event(group, position));
}

std::vector<std::pair<std::uint64_t, std::string>> rocks_store::events_at(std::uint8_t group,
                                                                          std::span<const std::uint64_t> positions) const {
  std::vector<std::string> keys;
  keys.reserve(positions.size());
  for (const auto position : positions) keys.push_back(keys::event(group, position));
  auto found = get_many(family::events, keys);
  std::vector<std::pair<std::uint64_t, std::string>> events;
  events.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i]) events.emplace_back(positions[i], std::move(*found[i]));
  }
  return events;
}

std::uint64_t rocks_store::head(std::uint8_t group) const { return heads_.at(group).load(); }

store_usage rocks_store::usage() const {
  using properties = rocksdb::DB::Properties;
  auto& db = database_->db();
  const auto all = [&db](const std::string& of) {
    std::uint64_t sum = 0;
    return db.GetAggregatedIntProperty(of, &sum) ? sum : 0;
  };
  const auto whole = [&](const std::string& of) {  // one for all families
    std::uint64_t value = 0;
    return db.GetIntProperty(database_->in(family::events), of, &value) ? value : 0;
  };
  store_usage now;
  now.memtables = all(properties::kSizeAllMemTables);
  const auto active = all(properties::kCurSizeActiveMemTable);
  now.memtables_flushing = now.memtables - std::min(now.memtables, active);
  now.block_cache = whole(properties::kBlockCacheUsage);
  now.table_readers = all(properties::kEstimateTableReadersMem);
  now.tables_on_disk = all(properties::kTotalSstFilesSize);
  now.compaction_pending = all(properties::kEstimatePendingCompactionBytes);
  for (std::size_t i = 0; i < now.runs.size(); ++i) {
    auto* of = database_->in(static_cast<family>(i));
    for (int level = 0; level < db.NumberLevels(of); ++level) {
      std::string text;
      if (!db.GetProperty(of, properties::kNumFilesAtLevelPrefix + std::to_string(level), &text)) continue;
      const auto tables = static_cast<std::uint32_t>(std::stoul(text));
      now.runs.at(i) += level == 0 ? tables : std::min(tables, 1U);  // below, tables don't reach over each other
    }
  }
  now.write_limit = whole(properties::kActualDelayedWriteRate);
  now.writes_stopped = whole(properties::kIsWriteStopped) != 0;
  std::error_code gone;  // a log may end while it is looked at
  for (std::filesystem::directory_iterator at{options_.directory, gone}, end; !gone && at != end; at.increment(gone)) {
    std::error_code unknown;
    const auto bytes = at->path().extension() == ".log" ? at->file_size(unknown) : 0;
    if (!unknown) now.log_on_disk += bytes;
  }
  return now;
}

void rocks_store::drop_range(family in, std::string_view from, std::string_view to) {
  if (from >= to) return;
  auto& db = database_->db();
  const auto expect = [&](const rocksdb::Status& status) { expect_ok(status, "dropping a range", options_.directory); };
  std::string begin{from};
  if (begin.size() == hinted_key_bytes(in)) {
    expect(db.Delete({}, database_->in(in), begin));
    begin += '\0';  // the next possible key
  }
  // Whole files first, which costs nothing; a tombstone hides what is left until compaction meets it.
  const rocksdb::Slice first{begin}, end = slice(to);
  expect(rocksdb::DeleteFilesInRange(&db, database_->in(in), &first, &end, false));
  if (first.compare(end) < 0) expect(db.DeleteRange({}, database_->in(in), first, end));
}

std::unique_ptr<store> open_rocks_store(const rocks_options& options, commit_observer observer) {
  auto database = options.read_only ? open_to_look(options, log_damage::refuse) : open_database(options);
  return std::make_unique<rocks_store>(options, std::move(database), std::move(observer));
}

}  // namespace signalbox
