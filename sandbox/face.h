#pragma once

#include "http/handler.h"
#include "sandbox/attend.h"
#include "sandbox/services.h"

namespace koppla::sandbox {

/// The Salesforce org as one http::Handler: finds the route, asks for a session where one is needed, counts
/// the call, writes the journal. Thread-safe.
class Face final : public http::Handler {
  public:
    Face(Services& services, Control control) : services_{services}, api_{services}, control_{control} {}
    void answer(const http::Request& request, http::Exchange& exchange) override {
        attend(services_, api_, control_, request, exchange);
    }
    [[nodiscard]] bool reads_as_it_comes(const http::Request& head) const override;

  private:
    class Api final : public Vendor {
      public:
        explicit Api(Services& services) : services_{services} {}
        Answer call(const http::Request& request, JournalEntry& entry) override;
        Answer control(const http::Request& request, const Path& path) override;
        [[nodiscard]] Answer not_found() const override;
        [[nodiscard]] Place place_of(const http::Request& request) const override;
        std::optional<Answer> strike_before(const Fault& fault, const http::Request& request) override;
        bool strike_after(const Fault& fault, const http::Request& request, Answer& answer) override;

      private:
        Services& services_;
    };

    Services& services_;
    Api api_;
    Control control_;
};

/// Answers one request of a session that is open already, as composite does for its parts; costs nothing.
Answer answer_part(Services& services, const http::Request& request);

}  // namespace koppla::sandbox
