#include "base/test/manual_clock.h"
#include "base/test/temporary_folder.h"
#include "conformance/candidate.h"
#include "crm/dynamics/connector.h"
#include "crm/test/script.h"
#include "sandbox/dynamics/face.h"

#include <gtest/gtest.h>

namespace koppla::conformance {

namespace {

/// Keys are slow to make.
const sandbox::entra::Registration& registration() {
    static const auto made = *sandbox::entra::make_registration();
    return made.registration;
}

class Dynamics final : public Candidate {
  public:
    Dynamics() {
        contact = "contact";
        last_name = "lastname";
        email = "emailaddress1";
        quirks = {.tells_unchanged_descriptions = true};
        const sandbox::entra::Registration& app = registration();
        services_.url = "https://127.0.0.1:8443";
        EXPECT_TRUE(org_->set_people({.client_id = app.client_id,
                                      .app_object_id = app.app_object_id,
                                      .username = app.username,
                                      .user_object_id = app.user_object_id}));
        connector_ = std::move(
            *dynamics::account_type.connect({.settings = {{"server", services_.url},
                                                          {"auth", "client-secret"},
                                                          {"client-id", app.client_id},
                                                          {"page-size", "600"},
                                                          {"tenant", app.tenant},
                                                          {"authority", services_.url}},
                                             .secrets = {{"client-secret", Secret{app.client_secret}}},
                                             .client = client_,
                                             .tokens = tokens_,
                                             .clock = clock_,
                                             .account = "acme"}));
    }

    CrmConnector& connector() override { return *connector_; }
    void change(std::int64_t updates, std::int64_t deletes, std::int64_t inserts) override {
        EXPECT_TRUE(org_->change(*org_->catalog()->find("contact"),
                                 {.updates = updates, .deletes = deletes, .inserts = inserts}));
    }
    void end_sessions() override { services_.authority.grants.expire_tokens(); }
    void expire_feeds() override { EXPECT_TRUE(org_->expire_tokens()); }
    std::int64_t charged_calls() override {
        std::int64_t calls = 0;
        for (const sandbox::JournalEntry& entry : services_.journal.since(1)) {
            if (entry.cost == sandbox::JournalEntry::Cost::charged) calls += entry.calls;
        }
        return calls;
    }
    void pass(std::chrono::milliseconds time) override { clock_.advance(time); }

  private:
    TemporaryFolder folder_;
    ManualClock clock_;
    sandbox::ShiftedClock shifted_{clock_};
    std::unique_ptr<sandbox::dynamics::Org> org_ = std::move(*sandbox::dynamics::Org::open(
        {.state = folder_ / "org.db", .records = {{"account", 50}, {"contact", contacts}}}, shifted_));
    sandbox::dynamics::Services services_{*org_, shifted_, registration()};
    sandbox::dynamics::Face face_{services_, sandbox::Control::offered};
    DirectClient client_{face_};
    test::MemoryTokens tokens_;
    std::unique_ptr<CrmConnector> connector_;
};

}  // namespace

std::unique_ptr<Candidate> dynamics_365() {
    return std::make_unique<Dynamics>();
}

}  // namespace koppla::conformance
