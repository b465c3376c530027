#pragma once

#include "base/call.h"
#include "base/clock.h"
#include "crm/connector.h"
#include "model/conversion.h"
#include "model/treatment.h"
#include "transfer/observer.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

struct PumpCounts {
    std::int64_t rows = 0;                 ///< handed to the consumer
    std::int64_t rejected = 0;             ///< taken out by conversion
    std::optional<std::int64_t> expected;  ///< by the CRM's own count
    model::ConversionCounts conversion;
    bool operator==(const PumpCounts&) const = default;
};

/// How far a read is: small, and kept with the rows that it speaks of.
struct PumpState {
    std::vector<Part> parts;  ///< still to be read, each from where it stands
    PumpCounts counts;
    std::string feed_mark{};  ///< of a feed that was read to its end
    bool operator==(const PumpState&) const = default;
};

std::string to_json(const PumpState& state);
Result<PumpState> pump_state_from_json(std::string_view json);

/// What a lane hands over: converted rows, and those that were taken out.
struct PumpedBatch {
    model::Batch batch;
    std::vector<model::RejectedRow> rejected;
};

/// Where the rows go, on the thread that pumps.
class PumpConsumer {
  public:
    virtual ~PumpConsumer() = default;
    virtual Result<void> take(const PumpedBatch& batch) = 0;
    /// What was taken so far reaches to `state`: a read that begins there has neither gap nor overlap. Called
    /// every now and then, and when the pump ends, unless the consumer itself has failed.
    virtual Result<void> keep(const PumpState& state) = 0;
};

struct PumpOptions {
    std::vector<model::Type> columns;            ///< by which values are converted
    std::vector<model::Treatment> treatments{};  ///< of the columns, afterwards; none: standard
    model::KeyedHash hash{};                     ///< where a treatment hashes
    std::size_t key_column = 0;
    int lanes = 1;  ///< parts that are read side by side
    std::chrono::milliseconds keep_interval{1000};
    /// A part that fails in passing is gone on with from where it stands: so often without a row between,
    /// waiting from the first wait on, doubled each time.
    int failures_max = 5;
    std::chrono::milliseconds wait_first{500};
    /// A pause that the CRM asks for is kept up to here; beyond that the read ends, to be gone on with later.
    std::chrono::milliseconds pause_longest{300'000};
};

/// Reads from `state` to the end: lanes receive, split and convert on threads of their own while the consumer
/// works on the caller's; a channel bounded in bytes between them keeps memory flat. Ends at the first error
/// that doesn't pass; a consumer's wins over the cut that it causes. Answers what was counted, earlier
/// stretches included. `expired` means that the CRM has forgotten where we are: the read has to begin anew.
Result<PumpCounts> pump(CrmConnector& connector, const ReadRequest& request, PumpState state,
                        const PumpOptions& options, PumpConsumer& consumer, TransferObserver& observer,
                        const Clock& clock, const Call& call);

}  // namespace koppla
