#pragma once

#include "crm/connector.h"
#include "db/database.h"
#include "model/conversion.h"
#include "transfer/pump.h"
#include "transfer/window.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// What an import keeps with the rows that it has staged, so that another process can go on with it.
struct StagedImport {
    std::string question;  ///< what was asked, after which run: only the same question goes on with it
    ImportWindow window;
    std::string why;                   ///< how it is read
    int lanes = 1;                     ///< side by side
    std::size_t conditions_done = 0;   ///< of the task's, read to their ends
    std::int64_t expected_before = 0;  ///< by the CRM's count of those
    PumpState state;
    std::vector<model::RejectedRow> rejects;
};

std::string to_json(const StagedImport& staged);
Result<StagedImport> staged_import_from_json(std::string_view json);

/// The question of a request whose answer is to be merged into what run `after_run` left.
std::string question_of(const ReadRequest& request, const ImportPosition& position, std::int64_t after_run);

/// Stages what is pumped, and keeps with it how far it reaches.
class StagingConsumer final : public PumpConsumer {
  public:
    /// The first rejects are kept for a person, who mends the cause; more are only counted.
    static constexpr std::size_t rejects_max = 1000;
    /// The records among them, which are written with every keep; further rejects go without theirs.
    static constexpr std::size_t reject_bytes_max = std::size_t{4} << 20U;

    StagingConsumer(db::Staging& staging, StagedImport& staged) : staging_{staging}, staged_{staged} {}
    Result<void> take(const PumpedBatch& batch) override;
    Result<void> keep(const PumpState& state) override;

  private:
    db::Staging& staging_;
    StagedImport& staged_;
    std::size_t reject_bytes_ = 0;
};

}  // namespace koppla
