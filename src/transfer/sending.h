#pragma once

#include "transfer/export_definition.h"
#include "transfer/observer.h"
#include "transfer/site.h"
#include "transfer/write_journal.h"

#include <string>

namespace koppla {

/// Hands the rows of a journal to the CRM until each has a result: first asks for what was on its way, then
/// sends the others by lanes, one parent's rows in one lane; and what was put off (a lock, a limit) again
/// later, by itself. A shipment that is refused as a whole is halved until the row that is at fault stands
/// alone. Ends early with an error that stops everything: the CRM can't be reached or used, or a stop.
class Sending {
  public:
    Sending(const TransferSite& site, const ExportDefinition& definition, const WriteRequest& request,
            WriteJournal& journal, TransferObserver& observer, const Call& call)
        : site_{site},
          definition_{definition},
          request_{request},
          journal_{journal},
          observer_{observer},
          call_{call} {}

    Result<void> run();
    /// How rows were handed over, for what reason.
    [[nodiscard]] const std::string& why() const { return why_; }

  private:
    Result<void> ask_for_earlier(const std::vector<NamedShipment>& earlier);
    Result<void> send_all();
    Result<void> wait_before(int round);

    const TransferSite& site_;
    const ExportDefinition& definition_;
    const WriteRequest& request_;
    WriteJournal& journal_;
    TransferObserver& observer_;
    const Call& call_;
    std::string why_;
};

}  // namespace koppla
