#pragma once

#include "http/client.h"
#include "model/batch.h"

#include <cstddef>

namespace koppla {

/// Gathers a body in the page of the batch that its records will lie in; `corrupt` beyond the bound.
class PageBody final : public http::BodySink {
  public:
    PageBody(model::Batch empty, std::size_t bytes_max);

    Result<void> put(std::string_view bytes) override;

    model::Batch batch;

  private:
    std::size_t bytes_max_;
};

}  // namespace koppla
