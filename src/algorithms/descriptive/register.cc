#include "algorithms/descriptive/register.h"

#include "algorithms/descriptive/anova.h"
#include "algorithms/descriptive/chi_squared.h"
#include "algorithms/descriptive/correlation.h"
#include "algorithms/descriptive/count.h"
#include "algorithms/descriptive/cross_table.h"
#include "algorithms/descriptive/frequency.h"
#include "algorithms/descriptive/histogram.h"
#include "algorithms/descriptive/moments.h"
#include "algorithms/descriptive/quantile.h"
#include "algorithms/descriptive/site_distance.h"
#include "algorithms/descriptive/standardised_mean_difference.h"
#include "algorithms/descriptive/table_one.h"
#include "algorithms/descriptive/two_sample_t.h"

namespace essaim {

void RegisterDescriptive(Registry& registry) {
  registry.Add(descriptive::AnovaInfo());
  registry.Add(descriptive::ChiSquaredInfo());
  registry.Add(descriptive::CorrelationInfo());
  registry.Add(descriptive::CountInfo());
  registry.Add(descriptive::CrossTableInfo());
  registry.Add(descriptive::FrequencyInfo());
  registry.Add(descriptive::HistogramInfo());
  registry.Add(descriptive::MomentsInfo());
  registry.Add(descriptive::QuantileInfo());
  registry.Add(descriptive::SiteDistanceInfo());
  registry.Add(descriptive::StandardisedMeanDifferenceInfo());
  registry.Add(descriptive::TTestInfo());
  registry.Add(descriptive::TableOneInfo());
}

}  // namespace essaim
