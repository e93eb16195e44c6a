import { COUNT, ENERGY, GRAMS, MICROGRAMS, MILLIGRAMS, VOLUME } from '../units.ts'
import { quantityMetric as q, snake } from './rows.ts'

const gram = [
  'Carbohydrates',
  'FatTotal',
  'FatSaturated',
  'FatMonounsaturated',
  'FatPolyunsaturated',
  'Fiber',
  'Protein',
  'Sugar',
]
const milligram = [
  ...['Caffeine', 'Calcium', 'Chloride', 'Cholesterol', 'Copper', 'Iron', 'Magnesium', 'Manganese', 'Niacin'],
  ...[
    'PantothenicAcid',
    'Phosphorus',
    'Potassium',
    'Riboflavin',
    'Sodium',
    'Thiamin',
    'VitaminB6',
    'VitaminC',
  ],
  ...['VitaminE', 'Zinc'],
]
const microgram = [
  ...[
    'Biotin',
    'Chromium',
    'Folate',
    'Iodine',
    'Molybdenum',
    'Selenium',
    'VitaminA',
    'VitaminB12',
    'VitaminD',
    'VitaminK',
  ],
]

/** What is eaten and drunk. */
export const NUTRITION = [
  q('dietary_energy', 'DietaryEnergyConsumed', ENERGY, 'sum', [0, 10_000], '9052-2'),
  q('dietary_water', 'DietaryWater', VOLUME, 'sum', [0, 10_000]),
  q('alcoholic_beverages', 'NumberOfAlcoholicBeverages', COUNT, 'sum', [0, 50]),
  ...gram.map(name => q(`dietary_${snake(name)}`, `Dietary${name}`, GRAMS, 'sum', [0, 2_000])),
  ...milligram.map(name => q(`dietary_${snake(name)}`, `Dietary${name}`, MILLIGRAMS, 'sum', [0, 50_000])),
  ...microgram.map(name => q(`dietary_${snake(name)}`, `Dietary${name}`, MICROGRAMS, 'sum', [0, 50_000])),
]
