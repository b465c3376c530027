#pragma once

#include "base/call.h"
#include "base/clock.h"
#include "model/batch.h"
#include "model/schema.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// What is done with records of one object.
enum class WriteOperation {
    insert,  ///< makes them
    update,  ///< changes those that are there, and makes none
    upsert,  ///< changes the record of that key, or makes it
    remove,  ///< into the recycle bin, where the CRM has one
    erase    ///< past it
};
/// "insert", "update", "upsert", "delete", "hard-delete".
std::string_view name(WriteOperation operation);
constexpr bool is_deletion(WriteOperation operation) {
    return operation == WriteOperation::remove || operation == WriteOperation::erase;
}

/// By which of its interfaces a CRM is written to: some rows a request, or a job.
enum class WritePath { automatic, rows, bulk };

/// What the CRM does where a record looks like another one.
enum class Duplicates {
    refuse,  ///< as its rules say
    allow    ///< saves the record although a rule would only have warned
};

/// Where the cells of a column go.
struct WriteColumn {
    const model::FieldSchema* field = nullptr;
    /// Of a reference: the object it points to, which may be left out where there is only one, and the field
    /// that names the parent there; empty: its identifier.
    std::string target_object{};
    std::string target_key{};
};

struct WriteRequest {
    const model::ObjectSchema* object = nullptr;  ///< outlives the request
    WriteOperation operation = WriteOperation::update;
    /// The field whose values say which record is meant, one of the columns: the object's own key, or for an
    /// upsert a unique field. Of an insert empty, or the object's own key where the CRM takes identifiers
    /// that we make: then what is there already under that identifier is the record that we made.
    std::string key{};
    std::vector<WriteColumn> columns{};
    WritePath path = WritePath::automatic;
    Duplicates duplicates = Duplicates::refuse;
    std::string assignment_rule{};  ///< empty: none; "active"; or the identifier of one

    /// The column of the key; nothing where the request has none.
    [[nodiscard]] std::optional<std::size_t> key_column() const;
    /// `invalid`, with the operation and the object's name.
    [[nodiscard]] Error refused(std::string_view why) const;
};

/// Some rows: cell (c, r) of the batch goes to column c of the request. `absent` isn't sent, `null` empties
/// the field, text is canonical for the field's type. A key is never absent and never null.
struct WriteRows {
    const model::Batch& batch;
    std::span<const std::int64_t> numbers;  ///< ours, one a row, each once in a request
};

/// The rows of one shipment, from the first on as often as it is rewound.
class RowSource {
  public:
    virtual ~RowSource() = default;
    virtual Result<void> rewind() = 0;
    /// The next rows, valid until the next call; nothing: no more.
    virtual Result<std::optional<WriteRows>> next() = 0;
};

/// What became of a row.
struct WriteResult {
    enum class Outcome {
        done,
        refused,   ///< as it is it will always be
        postponed  ///< nothing happened, and another time it may: a lock, a limit, another row's fault
    };
    std::int64_t row = 0;
    Outcome outcome = Outcome::done;
    bool is_created = false;
    std::string_view id{};                 ///< the record's, in its long form, where known
    std::string_view symbol{}, message{};  ///< why refused or postponed; or a note
    std::string_view fields{};             ///< those concerned, with commas between
};

/// Takes what becomes known, on the thread that writes.
class WriteSink {
  public:
    virtual ~WriteSink() = default;
    /// The CRM's own name of the shipment, by which it can be asked for later: kept for good once this
    /// returns, and no row is sent before that.
    virtual Result<void> named(std::string_view reference) = 0;
    /// The texts live as long as the call. A row is told of once in a `write`, in any order.
    virtual Result<void> settled(std::span<const WriteResult> results) = 0;
    /// What is being waited for, for a person who watches.
    virtual void note(std::string_view text) = 0;
};

/// How rows are to be handed over.
struct WritePlan {
    WritePath path = WritePath::rows;
    std::int64_t rows_max = 1;  ///< of a shipment
    std::size_t bytes_max = 0;  ///< of a shipment's cells
    int lanes_max = 1;          ///< shipments side by side
    /// A shipment whose outcome isn't known may be sent again: all its rows are keyed.
    bool is_repeatable = false;
    int calls_a_shipment = 1;  ///< charged ones, about
    std::string why{};         ///< for a person: which interface, and for what reason
};

/// Writes what one request asks for; made by a connector, which outlives it, as the request does. Translates
/// and nothing else: what is to be sent again, when and how, is its caller's, who holds the rows.
/// Thread-safe.
class RecordWriter {
  public:
    virtual ~RecordWriter() = default;
    [[nodiscard]] virtual const WritePlan& plan() const = 0;
    /// Sends one shipment and waits for what becomes of its rows. With `reference`, which an earlier call
    /// was told, it goes on with that shipment, of which `rows` are all again: asks first, and sends only
    /// what never arrived; then it tells of all rows anew. What was settled is so however the call ends; of
    /// the other rows the error says what is known: `unavailable` and `throttled`: nothing happened;
    /// `in_doubt` and `cancelled`: not known; `expired`: not known, and the reference leads nowhere any more;
    /// `invalid`, `conflict` and the like: the shipment as a whole was refused, and nothing happened.
    virtual Result<void> write(RowSource& rows, std::string_view reference, WriteSink& sink,
                               const Call& call) = 0;
};

/// A deletion that a CRM tells of. The texts live as long as the call.
struct Deletion {
    std::string_view id;
    std::optional<Instant> at{};
    std::string_view merged_into{};  ///< the record that lives on, or empty
};

class DeletionSink {
  public:
    virtual ~DeletionSink() = default;
    virtual Result<void> put(std::span<const Deletion> deletions) = 0;
};

}  // namespace koppla
