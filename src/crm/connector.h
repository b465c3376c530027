#pragma once

#include "base/call.h"
#include "base/clock.h"
#include "crm/writing.h"
#include "model/batch.h"
#include "model/filter/filter.h"
#include "model/schema.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace koppla {

/// What a type of CRM can do: declared, never probed by failing.
struct Abilities {
    int objects_per_describe = 1;   ///< of one charged call
    bool takes_our_ids = false;     ///< records are made under identifiers that we choose
    bool has_deletion_log = false;  ///< tells what was deleted in a period
    /// Objects that many records point to and that nobody locks who writes such a record: users and the like.
    std::vector<std::string> unlocked_parents{};
};

/// Requests that count against the CRM's allowance, and what the CRM last said of it.
struct Usage {
    std::int64_t charged_calls = 0;  ///< by this connector, since it was made
    std::optional<std::int64_t> allowance_used, allowance_max;
};

/// Who and where we are, as the CRM answers it.
struct Identity {
    std::string user, organization, organization_id, server, api_version;
    std::chrono::milliseconds clock_difference{};  ///< the CRM's clock minus ours
    std::chrono::milliseconds round_trip{};
};

struct ObjectSummary {
    std::string name, label;
    bool is_readable = false, is_writable = false;
};

struct DescribeRequest {
    std::string object;
    std::string known_version{};  ///< what the recorded description carried, or empty
};

struct Described {
    model::ObjectSchema schema;
    std::string version;        ///< to be given back as known_version
    std::string source;         ///< the description as the CRM sent it, JSON
    bool is_unchanged = false;  ///< since known_version; then there is no schema and no source
};

/// A field of an object, or without one the object itself.
struct Member {
    std::string object, field{};
};
/// What stands behind a member that no description shows.
enum class Sight {
    hidden,  ///< it exists, and permissions hide it from the account's user
    gone,    ///< nobody may see it: it was deleted
    unknown  ///< the user may not look at permissions
};

/// By which of its interfaces a CRM is read.
enum class ReadPath { automatic, pages, bulk };

/// Records of one object, deleted ones too where the object has a removal flag.
struct ReadRequest {
    const model::ObjectSchema* object = nullptr;  ///< outlives the request
    std::vector<std::string> fields;              ///< internal names, in batch column order
    std::string filter{};                         ///< a condition in the CRM's own words, or empty
    std::string index_field{};                    ///< with from and until
    std::optional<Instant> from{};                ///< included
    std::optional<Instant> until{};               ///< included
    std::string order_by{};                       ///< in the CRM's own words; empty: index field and key
    std::optional<std::int64_t> row_limit{};
    ReadPath path = ReadPath::automatic;
    /// By the object's feed of changes: what happened since the mark that an earlier read ended with, or all
    /// that there is, without one. Takes neither filter nor order nor limit.
    bool by_feed = false;
    std::string feed_mark{};

    /// A field of the object; `invalid` for a name that its schema doesn't have.
    [[nodiscard]] Result<const model::FieldSchema*> field(std::string_view name) const;
    /// `invalid`, with the object's name.
    [[nodiscard]] Error refused(std::string_view why) const;
};

/// A stretch of a read that one thread reads in order: result pages, a job. Opaque, small, storable.
struct Part {
    std::string position;
    std::int64_t rows = 0;  ///< of it that have been handed over
    bool operator==(const Part&) const = default;
};

struct ReadPlan {
    std::vector<Part> parts;
    int calls_expected = 0;
    int lanes_max = 1;  ///< parts that may be read side by side
    std::string why;    ///< for a person: which interface, and for what reason
};

/// What follows a part: more parts, which the caller reads.
struct PartEnd {
    std::vector<Part> next{};
    std::string feed_mark{};  ///< of a feed that was read to its end: where the next read of it begins
};

/// Takes batches on the thread that reads. Cells are as the CRM sent them, but identifiers are in their long
/// form; column i is ReadRequest::fields[i]. Of a record that a feed tells to be deleted there are only the
/// key and the removal flag; its stamp is null.
class BatchSink {
  public:
    virtual ~BatchSink() = default;
    /// An empty batch to fill, from a pool.
    virtual model::Batch fresh() = 0;
    /// Once it returns, reading may go on from `resume`.
    virtual Result<void> put(model::Batch batch, const Part& resume) = 0;
    /// The CRM's own count of the rows of this read, when it becomes known.
    virtual void expect(std::int64_t rows) = 0;
    /// What is being waited for, for a person who watches.
    virtual void note(std::string_view text) = 0;
};

/// One CRM organisation, reduced to what synchronisation needs. Translates and nothing else: parallelism,
/// budgets and resuming belong to the caller, who holds the parts. Thread-safe.
class CrmConnector {
  public:
    virtual ~CrmConnector() = default;
    [[nodiscard]] virtual const Abilities& abilities() const = 0;
    [[nodiscard]] virtual Usage usage() const = 0;
    /// Whether the text may identify a record.
    [[nodiscard]] virtual bool is_id(std::string_view /*text*/) const { return true; }
    /// Brings the identifiers in these columns into the form in which they are read; what is none stays.
    virtual void normalize_ids(model::Batch& /*batch*/, std::span<const std::size_t> /*columns*/) const {}
    virtual Result<Identity> check(const Call& call) = 0;
    /// The CRM's own clock; not charged where the CRM allows that.
    virtual Result<Instant> now(const Call& call) = 0;
    virtual Result<std::vector<ObjectSummary>> objects(const Call& call) = 0;
    /// At most `abilities().objects_per_describe` requests; an answer each, in their order.
    virtual Result<std::vector<Result<Described>>> describe(std::span<const DescribeRequest> requests,
                                                            const Call& call) = 0;
    /// Why these, which no description shows, aren't to be seen; an answer each, in their order.
    virtual Result<std::vector<Sight>> look_for(std::span<const Member> members, const Call& call) = 0;
    /// The filter in the CRM's own words, for `ReadRequest::filter`; relative moments are reckoned from
    /// `now`. `unsupported` with the reason where the CRM can't evaluate it.
    [[nodiscard]] virtual Result<std::string> condition(const model::Filter& filter,
                                                        const model::ObjectSchema& object,
                                                        Instant now) const = 0;
    virtual Result<ReadPlan> plan(const ReadRequest& request, const Call& call) = 0;
    virtual Result<PartEnd> read(const ReadRequest& request, const Part& part, BatchSink& sink,
                                 const Call& call) = 0;
    /// For about so many rows. `invalid` for what no row could be right with: a field that can't be written,
    /// a key that doesn't identify. Where a type of CRM is only read: `unsupported`.
    virtual Result<std::unique_ptr<RecordWriter>> writer(const WriteRequest& request, std::int64_t rows,
                                                         const Call& call);
    /// What was deleted from `from` to `until`, both included; answers until when the CRM can tell already.
    /// `expired` where it doesn't know any more what was deleted at `from`, with what it still knows;
    /// `unsupported` where it keeps no such log.
    virtual Result<Instant> deletions(const model::ObjectSchema& object, Instant from, Instant until,
                                      DeletionSink& sink, const Call& call);
};

}  // namespace koppla
