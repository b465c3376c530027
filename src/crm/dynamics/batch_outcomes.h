#pragma once

#include "crm/dynamics/batch_body.h"
#include "crm/dynamics/write_layout.h"
#include "crm/odata/multipart.h"
#include "crm/writing.h"

#include <chrono>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace koppla::dynamics {

/// What became of the rows of a batch, by what its parts were answered. Results view texts of its own and the
/// rows that were given. [Dataverse: Upsert a table row; Web service error codes]
class BatchOutcomes {
  public:
    explicit BatchOutcomes(const WriteLayout& layout) : layout_{layout} {}

    /// Takes the answers to the rows, one each, in their order; there may be fewer. `corrupt` where one tells
    /// of another record than the row's: then they aren't in order, and none is taken.
    Result<void> take(std::span<SentRow> rows, std::span<const odata::PartAnswer> answers);
    /// The same for questions whether the records of `unclear` are there.
    void take_found(std::span<const SentRow> rows, std::span<const odata::PartAnswer> answers);
    /// A row that couldn't be sent.
    void refuse(std::int64_t row, BatchBody::Unfit unfit);
    /// A row that Dynamics didn't come to.
    void postpone(std::int64_t row, std::string_view why);

    [[nodiscard]] std::span<const WriteResult> results() const { return results_; }
    /// Rows of an insert whose identifier was taken: by us in an earlier attempt, or by another record.
    [[nodiscard]] const std::vector<SentRow>& unclear() const { return unclear_; }
    /// Why no record of this account could be written, where that was said.
    [[nodiscard]] const std::optional<Error>& account_error() const { return account_error_; }
    /// The pause that is asked for, where every part was refused for being too much.
    [[nodiscard]] const std::optional<Error>& throttled() const { return throttled_; }

  private:
    bool note_privilege(std::span<const odata::PartAnswer> answers);
    void note_account_error(const odata::PartAnswer& answer);
    void take_one(SentRow& row, const odata::PartAnswer& answer);
    void take_good(SentRow& row, const odata::PartAnswer& answer);
    void take_fault(const SentRow& row, const odata::PartAnswer& answer);
    std::string_view keep(std::string text);
    [[nodiscard]] std::string fields_in(std::string_view message) const;

    const WriteLayout& layout_;
    simdjson::dom::parser parser_;
    std::vector<WriteResult> results_;
    std::deque<std::string> texts_;
    std::vector<SentRow> unclear_;
    std::optional<Error> account_error_;
    std::optional<Error> throttled_;
};

}  // namespace koppla::dynamics
