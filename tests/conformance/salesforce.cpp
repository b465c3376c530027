#include "base/test/manual_clock.h"
#include "base/test/temporary_folder.h"
#include "conformance/candidate.h"
#include "crm/salesforce/connector.h"
#include "crm/test/script.h"
#include "sandbox/face.h"
#include "sandbox/services.h"

#include <gtest/gtest.h>

namespace koppla::conformance {

namespace {

class Salesforce final : public Candidate {
  public:
    Salesforce() {
        contact = "Contact";
        last_name = "LastName";
        email = "Email";
        quirks = {
            .has_deletions_in_windows = true, .counts_reads = true, .tells_unchanged_descriptions = true};
        services_.url = "https://127.0.0.1:8443";
        services_.cursors.set_page_rows(600);
        connector_ = std::move(*salesforce::account_type.connect(
            {.settings = {{"server", services_.url},
                          {"auth", "client-credentials"},
                          {"client-id", services_.credentials.client_id}},
             .secrets = {{"client-secret", Secret{services_.credentials.client_secret}}},
             .client = client_,
             .tokens = tokens_,
             .clock = clock_,
             .account = "acme"}));
    }

    CrmConnector& connector() override { return *connector_; }
    void change(std::int64_t updates, std::int64_t deletes, std::int64_t inserts) override {
        EXPECT_TRUE(org_->change(*org_->find("Contact"),
                                 {.updates = updates, .deletes = deletes, .inserts = inserts}));
    }
    void end_sessions() override { services_.sessions.expire(); }
    std::int64_t charged_calls() override { return services_.allowance.figures().used; }
    void pass(std::chrono::milliseconds time) override { clock_.advance(time); }

  private:
    TemporaryFolder folder_;
    ManualClock clock_;
    sandbox::ShiftedClock shifted_{clock_};
    std::unique_ptr<sandbox::Org> org_ = std::move(*sandbox::Org::open(
        {.state = folder_ / "org.db", .records = {{"Account", 50}, {"Contact", contacts}}}, shifted_));
    sandbox::Services services_{*org_, shifted_,
                                sandbox::make_credentials(org_->organization_id(), org_->username()),
                                folder_ / "spool"};
    sandbox::Face face_{services_, sandbox::Control::offered};
    DirectClient client_{face_};
    test::MemoryTokens tokens_;
    std::unique_ptr<CrmConnector> connector_;
};

}  // namespace

std::unique_ptr<Candidate> salesforce() {
    return std::make_unique<Salesforce>();
}

}  // namespace koppla::conformance
