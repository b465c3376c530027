#pragma once

#include "http/handler.h"
#include "sandbox/route.h"
#include "sandbox/services.h"

namespace koppla::sandbox {

enum class Control { offered, hidden };

/// The sandbox as one http::Handler: finds the route, asks for a session where one is needed, counts the
/// call, writes the journal. Thread-safe.
class Face final : public http::Handler {
  public:
    /// `hidden`: nothing answers under /sandbox/, because others than this machine could ask.
    Face(Services& services, Control control) : services_{services}, control_{control} {}
    void answer(const http::Request& request, http::Exchange& exchange) override;

  private:
    Services& services_;
    Control control_;
};

/// Answers one request of a session that is open already, as composite does for its parts; costs nothing.
Answer answer_part(Services& services, const http::Request& request);

}  // namespace koppla::sandbox
