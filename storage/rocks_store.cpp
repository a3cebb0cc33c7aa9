#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "storage/prepared_log.hpp"
#include "storage/rocks_access.hpp"

namespace signalbox {
namespace {

rocksdb::Slice slice(std::string_view of) { return {of.data(), of.size()}; }
std::string_view view_of(const rocksdb::Slice& of) { return {of.data(), of.size()}; }

}  // namespace

/// One WriteBatch, used again and again.
class rocks_store::batch_writer final : public batch_sink {
public:
  batch_writer(const rocks_database& database, std::size_t bytes) : batch(bytes), database_(database) {}

  void put(family in, std::string_view key, std::string_view value) override {
    keep(batch.Put(database_.in(in), slice(key), slice(value)));
  }
  void erase(family in, std::string_view key) override { keep(batch.Delete(database_.in(in), slice(key))); }
  void clear() {
    batch.Clear();
    status = rocksdb::Status::OK();
  }

  rocksdb::WriteBatch batch;
  rocksdb::Status status;

private:
  void keep(rocksdb::Status of) {
    if (!of.ok()) status = std::move(of);
  }
  const rocks_database& database_;
};

/// A commit's place in the order. One that isn't ended by `end`, written or not, breaks the store for all behind it.
class rocks_store::turn {
public:
  turn(rocks_store& of, std::uint64_t number) : of_(of), number_(number) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn() {
    if (ended_) return;
    of_.broken_ = true;
    await();
    end();
  }

  /// Until those before it have ended.
  void await() const {
    for (auto at = of_.ended_.load(); at + 1 < number_; at = of_.ended_.load()) of_.ended_.wait(at);
  }
  void end() {
    ended_ = true;
    of_.ended_ = number_;
    of_.ended_.notify_all();
  }

private:
  rocks_store& of_;
  std::uint64_t number_;
  bool ended_ = false;
};

/// What a commit comes to, batch by batch.
struct rocks_store::outcome {
  std::array<std::uint64_t, keys::groups> heads;  ///< after it
  commit_report report;
};

class rocks_store::prepared final : public prepared_commit {
public:
  explicit prepared(rocks_store& of) : turn(of, ++of.turns_), of_(of) {}
  prepared(const prepared&) = delete;
  prepared& operator=(const prepared&) = delete;
  ~prepared() override {
    for (auto& one : batches) of_.give_back(std::move(one));
  }

  rocks_store::turn turn;
  std::vector<std::unique_ptr<batch_writer>> batches;
  outcome made;

private:
  rocks_store& of_;
};

rocks_store::rocks_store(rocks_options options, std::unique_ptr<rocks_database> database, commit_observer observer)
    : options_(std::move(options)), database_(std::move(database)), observer_(std::move(observer)) {
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
    heads_[group] = prepared_heads_[group] = head;
  }
  if (const auto number = get(family::meta, keys::commit_number()); number && number->size() == 8) {
    commit_number_ = keys::read_be64(*number);
  }
}

std::unique_ptr<rocks_store::batch_writer> rocks_store::take_spare(std::size_t bytes) {
  {
    const std::lock_guard lock{spares_lock_};
    if (!spares_.empty()) {
      auto one = std::move(spares_.back());
      spares_.pop_back();
      one->clear();
      return one;
    }
  }
  return std::make_unique<batch_writer>(*database_, bytes + bytes / 8);
}

void rocks_store::give_back(std::unique_ptr<batch_writer> spare) {
  constexpr std::size_t kept = 4;
  const std::lock_guard lock{spares_lock_};
  if (spares_.size() < kept) spares_.push_back(std::move(spare));
}

void rocks_store::expect_usable() const {
  if (options_.read_only) throw storage_error(options_.directory.string() + " is open for reading only");
  if (broken_) throw storage_error("a write to " + options_.directory.string() + " failed before; nothing is written any more");
}

rocks_store::outcome rocks_store::lay_out(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions,
                                          const std::function<void(std::unique_ptr<batch_writer>, bool last)>& each) {
  outcome made{prepared_heads_, {.bytes = 0, .events = 0, .sets = sets.size(), .write_ns = 0}};
  for (std::size_t i = 0; i < sets.size(); ++i) first_positions[i] = made.heads.at(sets[i]->group()) + 1;
  const auto batches = layout_.split(sets);
  std::string number;
  if (!batches.empty()) keys::append_be64(number, ++commit_number_);
  for (const auto& batch : batches) {
    auto to = take_spare(batch.bytes);
    auto& head = made.heads.at(batch.group);
    const auto before = head;
    head = layout_.write(batch, sets, head, first_positions, *to);
    to->put(family::meta, keys::commit_number(), number);
    expect_ok(to->status, "gathering a commit", options_.directory);
    made.report.events += head - before;
    made.report.bytes += to->batch.GetDataSize();
    each(std::move(to), &batch == &batches.back());
  }
  prepared_heads_ = made.heads;
  return made;
}

std::uint64_t rocks_store::write_batch(batch_writer& one, bool last) {
  rocksdb::WriteOptions how;
  how.sync = options_.sync && last;  // the log is written in order: one fsync covers all before it
  const auto begun = std::chrono::steady_clock::now();
  expect_ok(database_->db().Write(how, &one.batch), "writing", options_.directory);
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begun).count());
}

void rocks_store::end(turn& of, const outcome& made, const std::function<void()>& durable) {
  of.await();
  expect_usable();  // what is before it failed meanwhile
  for (std::size_t i = 0; i < made.heads.size(); ++i) heads_.at(i) = made.heads.at(i);
  if (observer_ && made.report.bytes > 0) observer_(made.report);
  durable();
  of.end();
}

void rocks_store::commit(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions) {
  expect_usable();
  turn mine{*this, ++turns_};
  std::uint64_t took_ns = 0;
  auto made = lay_out(sets, first_positions, [&](std::unique_ptr<batch_writer> batch, bool last) {
    took_ns += write_batch(*batch, last);
    give_back(std::move(batch));
  });
  made.report.write_ns = took_ns;
  end(mine, made, [] {});
}

std::unique_ptr<prepared_commit> rocks_store::prepare(std::span<const change_set* const> sets,
                                                      std::span<std::uint64_t> first_positions) {
  expect_usable();
  auto one = std::make_unique<prepared>(*this);
  one->made = lay_out(sets, first_positions,
                      [&](std::unique_ptr<batch_writer> batch, bool) { one->batches.push_back(std::move(batch)); });
  return one;
}

void rocks_store::write(prepared_commit& what, const std::function<void()>& let_next, const std::function<void()>& durable) {
  auto& one = dynamic_cast<prepared&>(what);
  expect_usable();
  bool let = false;
  const auto let_once = [&] {
    if (!std::exchange(let, true)) let_next();
  };
  for (const auto& batch : one.batches) {
    const bool last = &batch == &one.batches.back();
    std::optional<log_sync_watch> log;
    if (last && options_.overlapping) log.emplace(let_once);
    one.made.report.write_ns += write_batch(*batch, last);
  }
  let_once();
  end(one.turn, one.made, durable);
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
