#include "sandbox/salesforce/ingest/run.h"

#include "sandbox/content/chance.h"
#include "sandbox/org/identifier.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// A transaction keeps other writers waiting: about as many rows as take a tenth of a second.
constexpr std::int64_t rows_per_step = 1'000;
constexpr std::size_t piece_bytes = std::size_t{1} << 20;
constexpr std::string_view null_cell = "#N/A";

Change::Kind kind_of(IngestOperation operation) {
    switch (operation) {
        case IngestOperation::insert:
            return Change::Kind::create;
        case IngestOperation::update:
            return Change::Kind::update;
        case IngestOperation::upsert:
            return Change::Kind::upsert;
        case IngestOperation::remove:
            return Change::Kind::remove;
        case IngestOperation::hard_delete:
            return Change::Kind::purge;
    }
    return Change::Kind::create;
}

bool tells_by_id(IngestOperation operation) {
    return operation != IngestOperation::insert && operation != IngestOperation::upsert;
}

/// "CODE:message:field1 field2 --", as sf__Error has it. [Salesforce: Get Job Failed Record Results]
std::string error_text(const RowError& problem) {
    return fmt::format("{}:{}:{}{}--", problem.status_code, problem.message, fmt::join(problem.fields, " "),
                       problem.fields.empty() ? "" : " ");
}

void shuffle(std::vector<std::size_t>& places, std::uint64_t seed) {
    Chance chance{seed};
    for (std::size_t i = places.size(); i > 1; --i)
        std::swap(places[i - 1], places[static_cast<std::size_t>(chance.below(i))]);
}

std::string_view ending(const BulkFormat& format) {
    return format.line_ending == LineEnding::crlf ? "\r\n" : "\n";
}

/// An upload whose lines end otherwise than the job says; told by its first one.
std::string ending_failure(std::string_view upload, const BulkFormat& format) {
    const auto end = upload.find('\n');
    if (end == std::string_view::npos) return {};
    const bool is_crlf = end > 0 && upload[end - 1] == '\r';
    if (is_crlf == (format.line_ending == LineEnding::crlf)) return {};
    return fmt::format(
        "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {}",
        ending_name(format.line_ending));
}

}  // namespace

/// The records have to stay where they are until they are saved.
struct IngestRun::Chunk {
    std::vector<std::size_t> places{};  ///< of each change: its row
    std::vector<Change> changes{};
    std::vector<std::unique_ptr<nlohmann::json>> records{};
    std::unordered_set<std::string> keys{};  ///< of upserts
    std::vector<std::pair<std::size_t, RowError>> refused{};
    std::vector<std::pair<std::size_t, std::vector<std::string>>> parents{};
};

IngestRun::IngestRun(Org& org, Locks& locks, const IngestJob& job, std::int64_t rows_max)
    : org_{org},
      locks_{locks},
      job_{job},
      lock_settings_{locks.figures().settings},
      object_{org.find(job.object)},
      upload_{job.upload->range(0, 1)},
      rows_max_{rows_max} {
    survey();
    order_chunks();
}

/// Reads the whole upload once: what its columns mean, where its rows begin, and who shares a parent.
void IngestRun::survey() {
    CsvReader reader{upload_, job_.format, first_row_offset(upload_)};
    CsvRow row;
    if (!reader.next(row)) {
        failure_ = "InvalidBatch : The upload has no header row";
        return;
    }
    header_ = row.raw;
    width_ = row.cells.size();
    failure_ = ending_failure(upload_, job_.format);
    if (object_ == nullptr) failure_ = "InvalidBatch : Entity is not accessible : " + job_.object;
    if (failure_.empty()) {
        auto columns = read_columns(org_, *object_, job_, row);
        if (columns)
            columns_ = std::move(*columns);
        else
            failure_ = columns.error().message;
    }
    const bool counts_parents = failure_.empty() && lock_settings_.mode == LockSettings::Mode::on;
    ParentCounts parents;
    std::set<std::string> of_batch;
    while (reader.next(row)) {
        if (counts_parents) {
            if (static_cast<std::int64_t>(rows_.size()) % lock_settings_.batch_rows == 0) of_batch.clear();
            for (auto& parent : parents_of(row))
                if (of_batch.insert(parent).second) ++parents[parent];
        }
        rows_.push_back(Row{.offset = row.offset});
    }
    if (!parents.empty()) held_.emplace(locks_, std::move(parents));
}

/// Batches run side by side on the real service: nobody may count on the order of the upload.
void IngestRun::order_chunks() {
    const auto rows = static_cast<std::size_t>(lock_settings_.chunk_rows);
    chunks_.resize((rows_.size() + rows - 1) / rows);
    std::iota(chunks_.begin(), chunks_.end(), std::size_t{0});
    shuffle(chunks_, hash_of(job_.id));
}

std::vector<std::string> IngestRun::parents_of(const CsvRow& row) const {
    std::vector<std::string> parents;
    for (std::size_t i = 0; i < columns_.list.size() && i < row.cells.size(); ++i) {
        const auto& column = columns_.list[i];
        if (row.cells[i].empty() || row.cells[i] == null_cell || !takes_parent(*column.field)) continue;
        parents.push_back(parent_key(*column.field, column.key, row.cells[i]));
    }
    return parents;
}

Result<bool> IngestRun::step() {
    Chunk chunk;
    const auto chunks = std::max<std::int64_t>(1, rows_per_step / lock_settings_.chunk_rows);
    for (std::int64_t i = 0; i < chunks && next_chunk_ < chunks_.size(); ++i)
        add_chunk(chunk, chunks_[next_chunk_++]);
    if (!chunk.changes.empty()) {
        const auto saved = TRY(org_.save(chunk.changes, Saving{.assignment = job_.assignment_rule_id}));
        for (std::size_t i = 0; i < saved.size(); ++i) settle(chunk.places[i], saved[i]);
    }
    for (auto& [place, problem] : chunk.refused)
        settle(place, SaveResult{.id = {}, .created = false, .errors = {std::move(problem)}});
    if (next_chunk_ < chunks_.size() && processed_ < rows_max_) return true;
    held_.reset();
    return false;
}

void IngestRun::add_chunk(Chunk& chunk, std::size_t number) {
    const auto rows = static_cast<std::size_t>(lock_settings_.chunk_rows);
    const auto begin = number * rows;
    const auto end = std::min(begin + rows, rows_.size());
    chunk.keys.clear();
    chunk.parents.clear();
    CsvReader reader{upload_, job_.format, rows_[begin].offset};
    CsvRow row;
    for (auto place = begin; place < end && reader.next(row) && processed_ < rows_max_; ++place) {
        ++processed_;
        if (auto problem = refusal(row))
            chunk.refused.emplace_back(place, std::move(*problem));
        else
            add_row(chunk, row, place);
    }
    if (held_) refuse_locked(chunk, number);
}

/// Why a row can't even be tried.
std::optional<RowError> IngestRun::refusal(const CsvRow& row) const {
    if (!row.problem.empty())
        return RowError{.status_code = "INVALID_FIELD",
                        .message = fmt::format("The row can't be read: {}", row.problem),
                        .fields = {}};
    if (row.cells.size() != width_)
        return RowError{.status_code = "INVALID_FIELD",
                        .message = fmt::format(
                            "Number of fields in header is different from the row. header = {} row = {}",
                            width_, row.cells.size()),
                        .fields = {}};
    if (job_.operation == IngestOperation::insert || !key_of(row).empty()) return std::nullopt;
    const auto& key = *columns_.list[columns_.key].field;
    if (job_.operation == IngestOperation::upsert && key.type == "id") return std::nullopt;
    return RowError{
        .status_code = "MISSING_ARGUMENT", .message = key.name + " not specified", .fields = {key.name}};
}

std::string IngestRun::key_of(const CsvRow& row) const {
    const auto cell = row.cells[columns_.key];
    return cell == null_cell ? std::string{} : std::string{cell};
}

void IngestRun::add_row(Chunk& chunk, const CsvRow& row, std::size_t place) {
    auto record = std::make_unique<nlohmann::json>(columns_.record(row, job_.operation));
    Change change{.kind = kind_of(job_.operation),
                  .object = object_,
                  .fields = record.get(),
                  .form = Change::Form::cells};
    if (tells_by_id(job_.operation)) change.id = key_of(row);
    if (job_.operation == IngestOperation::upsert) {
        change.key_field = columns_.list[columns_.key].field->name;
        change.key_value = key_of(row);
        if (!change.key_value.empty() && !chunk.keys.insert(lower_case(change.key_value)).second) {
            chunk.refused.emplace_back(
                place, RowError{.status_code = "DUPLICATE_VALUE",
                                .message = "Duplicate external id specified: " + change.key_value,
                                .fields = {change.key_field}});
            return;
        }
    }
    if (held_) chunk.parents.emplace_back(place, parents_of(row));
    chunk.records.push_back(std::move(record));
    chunk.changes.push_back(std::move(change));
    chunk.places.push_back(place);
}

/// Takes the rows out whose parents another batch or request holds just then. A parent is taken once for the
/// whole chunk.
void IngestRun::refuse_locked(Chunk& chunk, std::size_t number) {
    ParentCounts taken;
    std::int64_t count = 0;
    const auto draw = hash_of(job_.id) + number;
    for (const auto& [place, parents] : chunk.parents)
        for (const auto& parent : parents)
            if (!taken.contains(parent)) taken[parent] = locks_.is_taken(parent, draw) ? 1 : 0;
    const auto is_taken = [&](const std::string& parent) { return taken.at(parent) != 0; };
    for (const auto& [place, parents] : chunk.parents)
        if (std::ranges::any_of(parents, is_taken)) ++count;
    if (count == 0) return;
    locks_.count_served(Locks::By::bulk, count);
    for (auto& [place, parents] : chunk.parents) {
        std::erase_if(parents, [&](const std::string& parent) { return !is_taken(parent); });
        if (parents.empty()) continue;
        const auto at = std::ranges::find(chunk.places, place) - chunk.places.begin();
        chunk.places.erase(chunk.places.begin() + at);
        chunk.changes.erase(chunk.changes.begin() + at);
        chunk.records.erase(chunk.records.begin() + at);
        chunk.refused.emplace_back(place, lock_error(count, parents));
    }
}

void IngestRun::settle(std::size_t place, const SaveResult& result) {
    auto& row = rows_[place];
    std::copy_n(result.id.begin(), std::min(result.id.size(), row.id.size()), row.id.begin());
    if (result.success()) {
        row.fate = result.created ? Row::Fate::created : Row::Fate::updated;
        return;
    }
    row.fate = Row::Fate::failed;
    row.error = static_cast<std::uint32_t>(errors_.size());
    errors_.push_back(error_text(result.errors.front()));
}

/// Rows of these fates, in an order that has nothing to do with the upload's.
std::vector<std::size_t> IngestRun::shuffled(Row::Fate first, Row::Fate second) const {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (rows_[i].fate == first || rows_[i].fate == second) places.push_back(i);
    shuffle(places, hash_of(job_.id) ^ 1U);
    return places;
}

template <class Print>
Result<std::shared_ptr<const Spool>> IngestRun::write(const std::filesystem::path& file,
                                                      const std::vector<std::size_t>& places,
                                                      const Print& print) const {
    const auto writer = TRY(Spool::Writer::create(file));
    std::string piece;
    std::int64_t rows = 0;
    CsvRow row;
    for (const auto place : places) {
        CsvReader reader{upload_, job_.format, rows_[place].offset};
        if (!reader.next(row)) continue;
        print(piece, rows_[place], row);
        piece += ending(job_.format);
        ++rows;
        if (piece.size() < piece_bytes) continue;
        TRY(writer->append(piece, std::exchange(rows, 0)));
        piece.clear();
    }
    TRY(writer->append(piece, rows));
    return writer->finish();
}

Result<IngestResults> IngestRun::results(const std::filesystem::path& folder) const {
    const auto delimiter = job_.format.delimiter;
    const auto header = std::string{header_} + std::string{ending(job_.format)};
    const auto heading = [&](std::string_view second) {
        return fmt::format("\"sf__Id\"{0}\"{1}\"{0}{2}", delimiter, second, header);
    };
    const auto begin = [&](std::string& out, const Row& row, std::string_view second) {
        const std::string_view id{row.id.data(), row.id.front() == '\0' ? 0 : row.id.size()};
        append_quoted_cell(out, id);
        out += delimiter;
        append_quoted_cell(out, second);
        out += delimiter;
    };
    IngestResults results{.successful_header = heading("sf__Created"),
                          .failed_header = heading("sf__Error"),
                          .unprocessed_header = header};
    results.successful =
        TRY(write(folder / (job_.id + ".successful.csv"), shuffled(Row::Fate::updated, Row::Fate::created),
                  [&](std::string& out, const Row& row, const CsvRow& cells) {
                      begin(out, row, row.fate == Row::Fate::created ? "true" : "false");
                      append_quoted_row(out, cells, width_, delimiter);
                  }));
    results.failed =
        TRY(write(folder / (job_.id + ".failed.csv"), shuffled(Row::Fate::failed, Row::Fate::failed),
                  [&](std::string& out, const Row& row, const CsvRow& cells) {
                      begin(out, row, errors_[row.error]);
                      append_quoted_row(out, cells, width_, delimiter);
                  }));
    results.unprocessed = TRY(write(
        folder / (job_.id + ".unprocessed.csv"), shuffled(Row::Fate::unprocessed, Row::Fate::unprocessed),
        [](std::string& out, const Row&, const CsvRow& cells) { out += cells.raw; }));
    return results;
}

}  // namespace koppla::sandbox
