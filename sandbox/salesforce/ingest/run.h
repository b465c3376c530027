#pragma once

#include "sandbox/org/org.h"
#include "sandbox/salesforce/ingest/columns.h"
#include "sandbox/salesforce/ingest/ingest_job.h"
#include "sandbox/salesforce/locks.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace koppla::sandbox {

/// Carries out one ingest job: reads the upload through, saves its rows chunk by chunk in an order of its
/// own, and writes the results, in another one. One thread.
class IngestRun {
  public:
    /// `rows_max`: as many rows are processed, the others are left over.
    IngestRun(Org& org, Locks& locks, const IngestJob& job,
              std::int64_t rows_max = std::numeric_limits<std::int64_t>::max());

    /// Why the job can't be carried out, or empty.
    [[nodiscard]] const std::string& failure() const { return failure_; }
    /// Saves the next rows in one transaction; false: none are left.
    Result<bool> step();
    [[nodiscard]] std::int64_t processed() const { return processed_; }
    [[nodiscard]] std::int64_t failed() const { return static_cast<std::int64_t>(errors_.size()); }
    /// As far as it went; what wasn't processed is in there as such.
    [[nodiscard]] Result<IngestResults> results(const std::filesystem::path& folder) const;

  private:
    /// What became of one row.
    struct Row {
        enum class Fate : std::uint8_t { unprocessed, updated, created, failed };
        std::uint64_t offset = 0;
        std::uint32_t error = 0;  ///< its place among `errors_`
        Fate fate = Fate::unprocessed;
        std::array<char, 18> id{};  ///< NULs where none is known
    };
    /// Rows that are saved together.
    struct Chunk;

    void survey();
    void order_chunks();
    [[nodiscard]] std::vector<std::string> parents_of(const CsvRow& row) const;
    void add_chunk(Chunk& chunk, std::size_t number);
    void add_row(Chunk& chunk, const CsvRow& row, std::size_t place);
    [[nodiscard]] std::optional<RowError> refusal(const CsvRow& row) const;
    [[nodiscard]] std::string key_of(const CsvRow& row) const;
    void refuse_locked(Chunk& chunk, std::size_t number);
    void settle(std::size_t place, const SaveResult& result);
    [[nodiscard]] std::vector<std::size_t> shuffled(Row::Fate first, Row::Fate second) const;
    template <class Print>
    Result<std::shared_ptr<const Spool>> write(const std::filesystem::path& file,
                                               const std::vector<std::size_t>& places,
                                               const Print& print) const;

    Org& org_;
    Locks& locks_;
    const IngestJob job_;
    const LockSettings lock_settings_;
    const Object* object_;
    std::string_view upload_;
    std::string_view header_{};
    std::size_t width_ = 0;
    Columns columns_{};
    std::string failure_{};
    std::vector<Row> rows_{};
    std::vector<std::string> errors_{};
    std::vector<std::size_t> chunks_{};  ///< numbers, in the order of processing
    std::size_t next_chunk_ = 0;
    std::int64_t processed_ = 0;
    std::int64_t rows_max_;
    std::optional<Locks::Held> held_{};
};

}  // namespace koppla::sandbox
